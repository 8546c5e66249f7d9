import { once } from 'node:events'
import { connect } from 'node:net'
import { until } from '@scheduler-task/test-support/until'
import t from 'tap'
import type { FaultInput } from '../../src/yarn/faults.ts'
import { getJson, putKilled, submitOver, yarnFor } from './support/yarn.ts'

const apps = '/ws/v1/cluster/apps'

interface Seen {
  readonly status: number
  readonly type: string | null
  readonly location: string | null
  readonly text: string
}

/** What a client sees that does not follow redirects; a string for a broken connection. */
async function ask(url: string, ms = 5000): Promise<Seen | 'broken' | 'timeout'> {
  try {
    const signal = AbortSignal.timeout(ms)
    const response = await fetch(url, { redirect: 'manual', signal })
    const { status, headers } = response
    const [type, location] = [headers.get('content-type'), headers.get('location')]
    return { status, type, location, text: await response.text() }
  } catch (error) {
    return error instanceof Error && error.name === 'TimeoutError' ? 'timeout' : 'broken'
  }
}

const cases: ReadonlyArray<readonly [string, FaultInput, object | string]> = [
  ['a reset connection', { kind: 'reset' }, 'broken'],
  ['no answer', { kind: 'hang' }, 'timeout'],
  ['a late answer', { kind: 'slow', ms: 5 }, { status: 200, text: /^\{"apps"/ }],
  ['an answer in drips', { kind: 'slow', ms: 0, dripMs: 1000 }, 'timeout'],
  ['a page of a proxy', { kind: 'html' }, { status: 502, type: 'text/html', text: /^<html>/ }],
  ['a page with 200', { kind: 'html', status: 200 }, { status: 200, text: /^<html>/ }],
  ['half an answer', { kind: 'half' }, 'broken'],
  ['a redirect to itself', { kind: 'redirectLoop' }, { status: 307, location: apps }],
  [
    'a redirect to and fro',
    { kind: 'redirectLoop', pingPong: true },
    { status: 307, location: `${apps}/` }
  ],
  ['a bare NaN', { kind: 'nan' }, { status: 200, text: /"queueUsagePercentage":NaN,/ }],
  ['an empty body', { kind: 'empty' }, { status: 200, text: /^$/ }],
  ['an error status', { kind: 'status' }, { status: 503, text: /^\{"RemoteException"/ }],
  ['another error status', { kind: 'status', status: 500 }, { status: 500 }],
  ['a Kerberos challenge', { kind: 'kerberos' }, { status: 401, type: /^text\/html/ }],
  [
    'a standby',
    { kind: 'standby', activeUrl: 'http://rm1.example:8088' },
    { status: 307, location: `http://rm1.example:8088${apps}` }
  ],
  ['no active peer', { kind: 'noActive' }, { status: 307, location: null, text: /^Can not find/ }]
]

t.test('each fault is seen by the client, and is over when it is taken away', async (t) => {
  const yarn = await yarnFor(t)
  yarn.advance(yarn.submit(), 'RUNNING')
  for (const [what, fault, wanted] of cases) {
    yarn.faults.set([fault])
    const seen = await ask(yarn.url + apps, wanted === 'timeout' ? 200 : 5000)
    if (typeof wanted === 'string') t.equal(seen, wanted, what)
    else t.match(seen, wanted, what)
    t.equal(yarn.faults.list()[0]?.hits, 1, `${what}: counted`)
    yarn.faults.clear()
    t.match(await ask(yarn.url + apps), { status: 200, text: /^\{"apps":\{"app":\[/ }, what)
  }
})

t.test('a bare NaN stands only where a number belongs', async (t) => {
  const yarn = await yarnFor(t)
  yarn.faults.add({ kind: 'nan' })
  for (const path of ['scheduler', 'apps', 'nodes', 'metrics']) {
    const { text } = (await ask(`${yarn.url}/ws/v1/cluster/${path}`)) as Seen
    t.doesNotThrow(() => JSON.parse(text.replaceAll(':NaN', ':0')), path)
  }
})

t.test('a challenge names the scheme', async (t) => {
  const yarn = await yarnFor(t)
  yarn.faults.add({ kind: 'kerberos' })
  const response = await fetch(yarn.url + apps)
  t.equal(response.headers.get('www-authenticate'), 'Negotiate')
  await response.arrayBuffer()
})

t.test('a fault hits its path and method only, as often as it says', async (t) => {
  const yarn = await yarnFor(t)
  yarn.faults.set([{ kind: 'status', path: '/ws/*/apps*', method: 'GET', count: 2 }])
  const states = []
  for (let round = 0; round < 3; round++) states.push((await ask(yarn.url + apps)) as Seen)
  t.same(
    states.map((one) => one.status),
    [503, 503, 200]
  )
  t.match(await ask(`${yarn.url}/ws/v1/cluster/info`), { status: 200 })
})

t.test('patterns match whole paths', async (t) => {
  const yarn = await yarnFor(t)
  const hits: ReadonlyArray<readonly [string, string, boolean]> = [
    ['/a', '/a', true],
    ['/a', '/ab', false],
    ['*', '/anything', true],
    ['/a*', '/a', true],
    ['*b', '/ab', true],
    ['/a*a', '/a', false],
    ['/a*b*c', '/a-b-c', true],
    ['/a*b*c', '/a-c', false],
    [`${'*a'.repeat(200)}b`, `/${'a'.repeat(4000)}`, false]
  ]
  for (const [path, asked, wanted] of hits) {
    yarn.faults.set([{ kind: 'reset', path }])
    t.equal(yarn.faults.take('GET', asked) !== undefined, wanted, `${path} and ${asked}`)
  }
})

t.test('100 MB flow without being held, even when nobody reads', async (t) => {
  const yarn = await yarnFor(t)
  yarn.faults.add({ kind: 'huge' })
  const response = await fetch(yarn.url + apps)
  let bytes = 0
  for await (const part of response.body ?? []) bytes += part.length
  t.equal(bytes, 100_000_000)
  const before = process.memoryUsage().arrayBuffers
  const socket = connect(Number(new URL(yarn.url).port), '127.0.0.1')
  t.teardown(() => socket.destroy())
  socket.write(`GET ${apps} HTTP/1.1\r\nHost: x\r\n\r\n`)
  await once(socket, 'readable')
  await until('the second request', () => yarn.faults.list()[0]?.hits === 2)
  const grown = process.memoryUsage().arrayBuffers - before
  t.ok(grown < 16_000_000, `${Math.round(grown / 1e6)} MB more`)
})

t.test('a stand-in that is down refuses, and comes back on its port', async (t) => {
  const yarn = await yarnFor(t)
  await yarn.down()
  t.equal(await ask(yarn.url + apps), 'broken')
  await yarn.up()
  t.match(await ask(yarn.url + apps), { status: 200 })
  yarn.faults.add({ kind: 'down', forMs: 50 })
  await until('it is away', async () => (await ask(yarn.url + apps)) === 'broken')
  await until('it is back', async () => (await ask(yarn.url + apps)) !== 'broken')
})

t.test('a driver keeps its application while the stand-in is down', async (t) => {
  const yarn = await yarnFor(t, { timing: { driverGoneMs: 10 } })
  const am = { kind: 'client-driver', acceptAfterMs: 1, registerAfterMs: 1 }
  const id = await submitOver(yarn.url, am)
  const driver = new AbortController()
  t.teardown(() => driver.abort())
  await fetch(`${yarn.url}/sandbox/apps/${id}/driver`, { signal: driver.signal })
  await until('running', () => yarn.applications[0]?.state === 'RUNNING')
  await yarn.down()
  await yarn.up()
  await until('it answers', async () => (await ask(yarn.url + apps)) !== 'broken')
  t.match(await getJson(`${yarn.url}${apps}/${id}`), { app: { state: 'RUNNING' } })
})

t.test('a kill can take several polls, an application can appear late', async (t) => {
  const yarn = await yarnFor(t)
  const id = yarn.submit()
  yarn.advance(id, 'RUNNING')
  yarn.faults.set([{ kind: 'killTakesPolls', polls: 3 }])
  for (let poll = 0; poll < 3; poll++) {
    const response = await putKilled(yarn.url, id)
    t.equal(response.status, 202)
    t.same(await response.json(), { state: 'RUNNING' })
  }
  await until('killed', async () => (await putKilled(yarn.url, id)).status === 200)

  yarn.faults.set([{ kind: 'delayVisibility', ms: 60_000 }])
  const late = await submitOver(yarn.url, { kind: 'managed', finishAfterMs: null })
  t.match(await ask(`${yarn.url}${apps}/${late}`), { status: 404 })
  t.match(await ask(`${yarn.url}${apps}?applicationTags=t1`), { text: '{"apps":{}}' })
  yarn.faults.set([{ kind: 'forget', applicationId: id }])
  t.match(await ask(`${yarn.url}${apps}/${id}`), { status: 404 })
})

t.test('faults of the NodeManager work as well', async (t) => {
  const yarn = await yarnFor(t)
  yarn.faults.add({ kind: 'html', path: '/ws/v1/node/*' })
  t.match(await ask(`${yarn.nodeManagerUrl}/ws/v1/node/info`), { status: 502 })
  t.match(await ask(`${yarn.url}/ws/v1/cluster/info`), { status: 200 })
})
