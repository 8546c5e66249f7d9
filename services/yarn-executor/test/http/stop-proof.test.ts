import { chmod, readdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { until } from '@scheduler-task/test-support/until'
import t, { type Test } from 'tap'
import { configuredLaunching } from '../../src/configured-launching.ts'
import type { Launching } from '../../src/domain/launching.ts'
import { configOf, startExecutor, startSurroundings } from '../support/executor.ts'
import { startRmRelay } from '../support/rm-relay.ts'
import { startService } from '../support/service-process.ts'
import { v2Calls } from '../support/v2-calls.ts'

const FINAL = ['FINISHED', 'FAILED', 'KILLED']

/** The service; `signalled` gets what is alive on YARN each time that processes are ended, `spawn` may hold one back. */
async function stoppable(t: Test, overrides: Record<string, string> = {}) {
  const around = await startSurroundings(t, { STOP_TIMEOUT_MS: '30000', ...overrides })
  const { yarn } = around
  const relay = await startRmRelay(t, yarn.url)
  const variables = { ...overrides, YARN_RM_URL: relay.url }
  const real = await configuredLaunching(configOf({ ...around.variables, ...variables }))
  const signalled: string[][] = []
  const gate = { spawn: async () => {} }
  const aliveNow = () =>
    yarn.applications.filter((one) => !FINAL.includes(one.publicState)).map(({ name }) => name)
  const launching: Launching = {
    ...real,
    start: async (prepared) => {
      await gate.spawn()
      return await real.start(prepared)
    },
    end: async (attempt, limits) => {
      signalled.push(aliveNow())
      await real.end(attempt, limits)
    }
  }
  const executor = await startExecutor(t, variables, { launching }, around)
  const named = (name: string) => yarn.applications.filter((one) => one.name === name)
  const states = (name: string) => named(name).map(({ publicState }) => publicState)
  /** How many attempts have somebody left. */
  const heldFences = async () => {
    const root = join(String(around.variables.DATA_DIR), 'attempts')
    const fences = (await readdir(root)).map((attemptId) =>
      real.fence({ attemptId, identity: undefined, directory: join(root, attemptId) })
    )
    return (await Promise.all(fences)).filter((fence) => fence !== 'free').length
  }
  const v2 = v2Calls(executor.url)
  return { ...executor, v2, relay, signalled, gate, named, states, heldFences }
}

t.test('no launcher is signalled before all its applications are final', async (t) => {
  const { post, startSpark, yarn, signalled, states, named, v2, heldFences } = await stoppable(t)
  const id = await startSpark('ordered')
  yarn.faults.set([{ kind: 'killTakesPolls', polls: 20 }])
  const answer = post(`/executor/stop/${id}`)
  const job = await until('the kill is asked for', async () => {
    const { items } = (await v2.get('/jobs?state=STOPPING')).body
    return (named('ordered')[0]?.heldKills ?? 0) > 2 && items[0]
  })
  t.match(job.operation, { kind: 'stop', waitsFor: 'APPLICATIONS', requestedBy: 'anonymous' })
  // One more of its tag, while the first one is being stopped.
  const late = yarn.submit({ name: 'ordered', tags: named('ordered')[0]?.tags ?? [] })
  yarn.advance(late, 'RUNNING')
  t.strictSame(signalled, [])
  t.match(await answer, { http: 200, data: true })
  t.strictSame(states('ordered'), ['KILLED', 'KILLED'])
  t.ok(
    signalled.every((alive) => alive.length === 0),
    'nothing lived when one was signalled'
  )
  t.equal(await heldFences(), 0)
})

t.test('an RM that is away, standby, failing over in the middle', async (t) => {
  const { post, startSpark, yarn, relay, signalled, states, v2, cluster } = await stoppable(t)
  await cluster.setFaults({ ignoreSigterm: true })
  const answering = (status: number, body: string) => {
    relay.instead = () => ({ status, body })
  }
  const itself = () => {
    relay.instead = () => undefined
  }
  const failOver = () => {
    yarn.failover()
    itself()
  }
  type Step = () => void | Promise<void>
  const ways: readonly (readonly [way: string, begin: Step, end: Step])[] = [
    ['away', () => yarn.down(), () => yarn.up()],
    ['standby', () => answering(307, 'This is standby RM.'), itself],
    ['failing-over', () => answering(503, '<html></html>'), failOver]
  ]
  for (const [way, begin, end] of ways) {
    const id = await startSpark(way)
    yarn.faults.set([{ kind: 'killTakesPolls', polls: 3 }])
    await begin()
    const answer = post(`/executor/stop/${id}`)
    const waits = await until(`${way}: it is known what it waits for`, async () => {
      const { items } = (await v2.get(`/jobs?state=STOPPING&name=${way}`)).body
      return items[0]?.operation.problem && items[0]
    }).catch((error) => t.fail(`${way}: ${error.message}`))
    t.match(waits, { operation: { waitsFor: 'RESOURCE_MANAGER', problem: /ResourceManager/ } }, way)
    t.strictSame(signalled, [], `${way}: nobody is signalled meanwhile`)
    await end()
    t.match(await answer, { data: true }, way)
    t.strictSame(states(way), ['KILLED'], way)
    t.ok(
      signalled.every((alive) => alive.length === 0),
      way
    )
    signalled.length = 0
    yarn.faults.clear()
  }
})

t.test('a kill that is answered 200 and does nothing is no proof', async (t) => {
  const { post, startSpark, relay, states, v2 } = await stoppable(t, { STOP_TIMEOUT_MS: '1500' })
  const id = await startSpark('undead')
  relay.instead = (method) =>
    method === 'PUT' ? { status: 200, body: '{"state":"KILLED"}' } : undefined
  t.match(await post(`/executor/stop/${id}`), {
    statusCode: 151,
    error: { code: 'YARN_EXECUTOR_STOP_PENDING', applicationId: id }
  })
  t.match((await v2.get('/jobs')).body.items[0], { state: 'STOPPING' })
  relay.instead = () => undefined
  await until('it is killed', () => states('undead')[0] === 'KILLED')
})

t.test('a kill that is forbidden: told at once, and done as soon as it may be', async (t) => {
  const { post, startSpark, relay, states, signalled, v2 } = await stoppable(t)
  const id = await startSpark('forbidden')
  const body = `Unauthorized attempt to kill appid ${id} by remote user alice`
  relay.instead = (method) => (method === 'PUT' ? { status: 403, body } : undefined)
  const begun = Date.now()
  t.match(await post(`/executor/stop/${id}`), {
    statusCode: 151,
    error: { code: 'YARN_EXECUTOR_RM_REFUSED', error: /Unauthorized attempt to kill/ }
  })
  t.ok(Date.now() - begun < 15_000, 'not only when the time is over')
  t.match((await v2.get('/jobs')).body.items[0], {
    state: 'STOPPING',
    operation: { problem: /Unauthorized/ }
  })
  t.strictSame(signalled, [])
  relay.instead = () => undefined
  await until('it is killed', () => states('forbidden')[0] === 'KILLED')
})

t.test('a stop during the launch', async (t) => {
  const surroundings = { MAX_LAUNCHERS: '1', SUBMIT_HORIZON_MS: '600' }
  const { v2, gate, yarn, named, cluster, heldFences } = await stoppable(t, surroundings)

  await t.test('before the spawn: it never comes', async (t) => {
    let release = () => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    let reached = false
    gate.spawn = async () => {
      reached = true
      await held
    }
    const { body } = await v2.submit('early')
    await until('it is about to be spawned', () => reached)
    const { body: queued } = await v2.submit('queued')
    t.match(await v2.post(`/jobs/${queued.id}/stop`), { http: 202 })
    t.match(await v2.inState(queued.id, 'KILLED'), { reason: 'CANCELLED' })
    t.match(await v2.post(`/jobs/${body.id}/stop`), { http: 202 })
    t.match(await v2.inState(body.id, 'KILLED'), { reason: 'CANCELLED', applicationId: null })
    release()
    gate.spawn = async () => {}
    const { body: next } = await v2.submit('early')
    await v2.inState(next.id, 'RUNNING')
    t.strictSame([named('early').length, named('queued').length], [1, 0], 'only the next one')
    await v2.post(`/jobs/${next.id}/stop`)
    await v2.inState(next.id, 'KILLED')
  })

  for (const hangAt of ['start', 'before-submit', 'after-submit'] as const) {
    await t.test(`at ${hangAt}, with a launcher that ignores SIGTERM`, async (t) => {
      await cluster.setFaults({ hangAt, hideId: true, ignoreSigterm: true })
      const { body } = await v2.submit(hangAt)
      await v2.inState(body.id, 'LAUNCHING', 'SUBMITTED', 'RUNNING')
      if (hangAt === 'after-submit') await until('it is there', () => named(hangAt).length === 1)
      else await until('it runs', async () => (await heldFences()) === 1)
      t.match(await v2.post(`/jobs/${body.id}/stop`), { http: 202 })
      await v2.inState(body.id, 'KILLED')
      t.equal(await heldFences(), 0)
      t.ok(named(hangAt).every(({ publicState }) => publicState === 'KILLED'))
    })
  }

  await t.test('a request that is on its way when its launcher is ended', async (t) => {
    await cluster.setFaults({ hangAt: 'before-submit', hideId: true })
    const { body } = await v2.submit('on-its-way')
    await until('it runs', async () => (await heldFences()) === 1)
    await v2.post(`/jobs/${body.id}/stop`)
    await until('its launcher is gone', async () => (await heldFences()) === 0)
    const { tags } = (await v2.get(`/jobs/${body.id}`)).body
    const id = yarn.submit({ name: 'on-its-way', tags: [tags.installation, tags.submission] })
    yarn.advance(id, 'RUNNING')
    const over = await v2.inState(body.id, 'KILLED')
    t.match(over, { applicationId: id }, 'it was waited for')
    t.equal(named('on-its-way')[0]?.publicState, 'KILLED')
    await cluster.setFaults({})
  })
})

/** Each runs the script that it is given in a session of its own, with no lock inherited, and is gone at once. */
const DAEMONS = {
  bash: `#!/bin/bash
( setsid bash -c 'exec 9>&-; bash "$0" "$@" > /dev/null 2>&1' "$@" & ) &
`,
  node: `#!${process.execPath}
const { spawn } = require('node:child_process')
spawn('/bin/bash', process.argv.slice(2), { detached: true, stdio: 'ignore' }).unref()
`,
  python: `#!/usr/bin/env python3
import os, sys
if os.fork(): os._exit(0)
os.setsid()
if os.fork(): os._exit(0)
os.closerange(0, 64)
os.open('/dev/null', os.O_RDWR); os.dup(0); os.dup(0)
os.execv('/bin/bash', ['bash'] + sys.argv[1:])
`
}

for (const [language, script] of Object.entries(DAEMONS)) {
  t.test(`a wrapper in ${language} that leaves its launcher to itself`, async (t) => {
    const { cluster, startSpark, post, states, signalled, heldFences } = await stoppable(t)
    const path = join(cluster.waterdropHome, 'bin/start-waterdrop-spark.sh')
    await rename(path, `${path}.real`)
    await writeFile(`${path}.daemon`, script)
    await chmod(`${path}.daemon`, 0o755)
    await writeFile(path, `exec ${path}.daemon ${path}.real "$@"\n`)
    await chmod(path, 0o755)
    await cluster.setFaults({ ignoreSigterm: true })
    const id = await startSpark(`by-${language}`)
    t.equal(await heldFences(), 1, 'nobody of it is a child of ours any more')
    t.match(await post(`/executor/stop/${id}`), { data: true })
    t.equal(await heldFences(), 0)
    t.strictSame(states(`by-${language}`), ['KILLED'])
    t.ok(signalled.every((alive) => alive.length === 0))
  })
}

t.test('killed in the middle of a stop, again and again: the next one proves it', async (t) => {
  const around = await startSurroundings(t, { KILL_GRACE_MS: '1000' })
  const { yarn, cluster, variables } = around
  await cluster.setFaults({ ignoreSigterm: true })
  const first = await startService(t, variables)
  const { data: id } = await first.post('/executor/start/spark', {
    'deploy-mode': 'client',
    configFile: 'endless.conf',
    taskName: 'stubborn'
  })
  yarn.faults.set([{ kind: 'killTakesPolls', polls: 10_000 }])
  first.post(`/executor/stop/${id}`).catch(() => {})
  await until('the kill is asked for', () => (yarn.applications[0]?.heldKills ?? 0) > 0)
  await first.kill()
  const asked = yarn.applications[0]?.heldKills ?? 0
  const second = await startService(t, variables)
  await until('it goes on', () => (yarn.applications[0]?.heldKills ?? 0) > asked)
  yarn.faults.clear()
  await until('it is killed', () => yarn.applications[0]?.publicState === 'KILLED')
  await second.kill()
  const { url } = await startService(t, variables)
  const v2 = v2Calls(url)
  const { items } = (await v2.get('/jobs')).body
  t.match(await v2.inState(items[0].id, 'KILLED'), { applicationId: id })
  const { items: events } = (await v2.get(`/jobs/${items[0].id}/events`)).body
  t.equal(events.filter(({ what }: { what: string }) => what === 'STOPPING').length, 1)
})
