import t from 'tap'
import type { NmReason } from '../src/nm-errors.ts'
import { createNodeManagerLogs, type NodeManagerLogsOptions } from '../src/node-manager-logs.ts'
import { nmError } from './support/nm-error.ts'
import {
  type Answerer,
  byPath,
  deadUrl,
  inTurn,
  replay,
  type ScriptedServer,
  say,
  scripted
} from './support/scripted-server.ts'

const ID = 'container_1795346732704_0001_01_000001'
const FLINK_ID = 'container_1795346064118_0040_01_000001'
const LIST = `GET /ws/v1/node/containers/${ID}/logs`
const CONTAINER = `GET /ws/v1/node/containers/${ID}`
const STDERR = `GET /ws/v1/node/containerlogs/${ID}/stderr`
type Test = Parameters<typeof scripted>[0]

function logsOf(t: Test, options: Partial<NodeManagerLogsOptions> = {}) {
  const logs = createNodeManagerLogs({ user: 'alice', ...options })
  t.teardown(logs.close)
  return logs
}

const at = (server: ScriptedServer | string, containerId = ID) => ({
  nodeManager: typeof server === 'string' ? server : server.url,
  containerId
})

t.test('files are listed, those with the environment left out', async (t) => {
  const server = await scripted(
    t,
    byPath({
      [LIST]: replay('3.3.6/containerlogs-list'),
      [`GET /ws/v1/node/containers/${FLINK_ID}/logs`]: replay('3.3.6/containerlogs-flink-list')
    })
  )
  const logs = logsOf(t)
  const files = await logs.listFiles(at(server))
  t.match(
    files.find(({ name }) => name === 'stderr'),
    { bytes: 25951, lastModified: 'Sun Nov 22 11:26:22 +0000 2026', aggregation: 'LOCAL' }
  )
  const names = (await logs.listFiles(at(server, FLINK_ID))).map(({ name }) => name).sort()
  t.strictSame(names, [
    'jobmanager.err',
    'jobmanager.log',
    'jobmanager.out',
    'prelaunch.err',
    'prelaunch.out'
  ])
  t.equal(server.asked[0]?.url, `/ws/v1/node/containers/${ID}/logs?user.name=alice`)
  t.equal(server.asked[0]?.headers.accept, 'application/json')
})

t.test('lists in all their shapes', async (t) => {
  const file = { fileName: 'stdout', fileSize: '5', lastModifiedTime: 'x' }
  const group = { containerLogInfo: file, logAggregationType: 'LOCAL' }
  const table: [unknown, object[]][] = [
    [null, []],
    [{ containerLogInfo: null }, []],
    [group, [{ name: 'stdout', bytes: 5, lastModified: 'x', aggregation: 'LOCAL' }]],
    [
      [group, { ...group, logAggregationType: 'AGGREGATED' }],
      [{ aggregation: 'LOCAL' }, { aggregation: 'AGGREGATED' }]
    ],
    [{ containerLogInfo: [{ fileName: 'a' }, {}, null, { fileName: '../b' }] }, [{ name: 'a' }]]
  ]
  for (const [containerLogsInfo, files] of table) {
    const server = await scripted(t, say(200, JSON.stringify({ containerLogsInfo })))
    const listed = await logsOf(t).listFiles(at(server))
    t.match(listed, files)
    t.equal(listed.length, files.length)
  }
})

t.test('an older NodeManager lists names only', async (t) => {
  const server = await scripted(t, byPath({ [CONTAINER]: replay('2.10.2/nm-container') }))
  t.match(await logsOf(t).listFiles(at(server)), [
    { name: 'prelaunch.err', bytes: undefined },
    { name: 'stderr' },
    { name: 'prelaunch.out' },
    { name: 'stdout' }
  ])
})

t.test('a container that is gone is not found, in the words of the first answer', async (t) => {
  const server = await scripted(
    t,
    byPath({
      [LIST]: replay('3.3.6/containerlogs-unknown-container'),
      [CONTAINER]: replay('3.3.6/nm-container-after-end')
    })
  )
  await t.rejects(
    logsOf(t).listFiles(at(server)),
    nmError('NM_NOT_FOUND', { status: 404, message: /: Cannot find this log on the local disk\.$/ })
  )
  const failing = byPath({ [CONTAINER]: say(500, '') })
  await t.rejects(logsOf(t).listFiles(at(await scripted(t, failing))), nmError('NM_ERROR'))
})

t.test('the end and the beginning of a file', async (t) => {
  const server = await scripted(t, byPath({ [STDERR]: replay('3.3.6/containerlogs-stderr-tail') }))
  const logs = logsOf(t)
  const tail = await logs.readFile(at(server), 'stderr', { bytes: 300 })
  t.match(tail, { start: 25651, fileBytes: 25951, aggregation: 'LOCAL' })
  t.equal(tail.bytes.length, 300)
  t.match(tail.bytes.toString(), /}\n}\n?$/)
  t.match(server.asked[0], { url: /\/stderr\?size=-300&user\.name=alice$/ })
  t.notMatch(server.asked[0]?.headers.accept ?? '*/*', /json/)
  server.answer = replay('3.3.6/containerlogs-stderr-head')
  const head = await logs.readFile(at(server), 'stderr', { end: 'head', bytes: 300 })
  t.match(head, { start: 0, fileBytes: Number })
  t.match(server.asked[1]?.url, /\?size=300&/)
  server.answer = replay('3.3.6/containerlogs-after-end')
  t.match(await logs.readFile(at(server), 'stdout'), { start: 0, fileBytes: 4452 })
  t.match(server.asked[2]?.url, /\?size=-65536&/)
})

t.test('nothing else than a container’s log can be asked for', async (t) => {
  const server = await scripted(t, replay('3.3.6/containerlogs-after-end'))
  const logs = logsOf(t, { maxPieceBytes: 1000 })
  const names = [
    '',
    '..',
    '.',
    '../stdout',
    'a/b',
    'a%2fb',
    'a\\b',
    'a\0',
    'launch_container.sh',
    'directory.info',
    '.hidden',
    'x'.repeat(256),
    'a?size=9',
    'a b'
  ]
  for (const name of names) {
    await t.rejects(logs.readFile(at(server), name), nmError('NM_NOT_FOUND'), name)
  }
  for (const bytes of [0, -1, 1.5, Number.NaN, 1001]) {
    await t.rejects(logs.readFile(at(server), 'stdout', { bytes }), TypeError)
  }
  for (const id of ['', 'foo', '../x', `${ID}/..`]) {
    await t.rejects(logs.readFile(at(server, id), 'stdout'), TypeError)
    await t.rejects(logs.listFiles(at(server, id)), TypeError)
  }
  for (const address of ['', 'nm1:8042', 'ftp://nm1', `${server.url}/x`, 'http://u:p@nm1:8042']) {
    await t.rejects(logs.listFiles(at(address)), TypeError)
  }
  t.strictSame(server.asked, [])
})

t.test('a redirect to the log server is followed, with the user', async (t) => {
  const logServer = await scripted(t, replay('3.3.6/containerlogs-after-end'))
  const server = await scripted(t, (response) => {
    const location = `${logServer.url}/ws/v1/history/containers/${ID}/logs/stdout?redirected_from_node=true`
    response.writeHead(307, { location }).end()
  })
  t.match(await logsOf(t).readFile(at(server), 'stdout'), { fileBytes: 4452 })
  t.match(logServer.asked[0]?.url, /\?redirected_from_node=true&user\.name=alice$/)
})

t.test('a redirect to elsewhere is not', async (t) => {
  for (const location of ['file:///etc/passwd', 'gopher://x', 'http://', undefined]) {
    const server = await scripted(t, (response) => {
      response.writeHead(307, location === undefined ? {} : { location }).end()
    })
    await t.rejects(
      logsOf(t).readFile(at(server), 'stdout'),
      nmError('NM_NONSENSE', { status: 307 })
    )
  }
  const circle = await scripted(t, (response) => {
    response.writeHead(302, { location: circle.url }).end()
  })
  await t.rejects(logsOf(t).readFile(at(circle), 'stdout'), nmError('NM_NONSENSE'))
  t.equal(circle.asked.length, 4)
})

const half: Answerer = (response) => {
  response.writeHead(200, { 'content-length': '1000' })
  response.write(`Container: ${ID} on nm1\nLogLength:1000\nLogContents:\nx`, () =>
    response.destroy()
  )
}
const short = say(200, `Container: ${ID} on nm1\nLogLength:1000\nLogContents:\nx`)
const quick = { timeoutMs: 150 }
const table: [string, Answerer, NmReason, Partial<NodeManagerLogsOptions>?][] = [
  ['does not know the file', replay('3.3.6/containerlogs-unknown-container'), 'NM_NOT_FOUND'],
  ['does not like the id', replay('2.10.2/containerlogs-bad-id'), 'NM_NOT_FOUND'],
  ['refuses by access list', replay('3.3.6/acl-nm-logs-bob'), 'NM_REFUSED'],
  ['fails', replay('3.3.6/containerlogs-accept-json'), 'NM_ERROR'],
  ['wants Kerberos', say(401, '', { 'www-authenticate': 'Negotiate' }), 'NM_KERBEROS'],
  ['wants a user', say(401, '<html>'), 'NM_REFUSED'],
  ['never answers', () => {}, 'NM_TIMEOUT', quick],
  [
    'hangs after the headers',
    (response) => response.writeHead(200).flushHeaders(),
    'NM_TIMEOUT',
    quick
  ],
  ['breaks off', half, 'NM_UNREACHABLE'],
  ['answers half a file', short, 'NM_NONSENSE'],
  ['does not speak HTTP', (response) => response.socket?.end('SSH-2.0\r\n'), 'NM_NONSENSE']
]
for (const [does, answer, reason, options] of table) {
  t.test(`one that ${does}: ${reason}`, async (t) => {
    const server = await scripted(t, answer)
    const reading = logsOf(t, options).readFile(at(server), 'stderr')
    const error = await reading.catch((thrown: unknown) => thrown)
    t.match(error, nmError(reason, { message: /^NodeManager/ }))
    t.notMatch((error as Error).message, /127\.0\.0\.1|http:|[<{]|:\d/)
  })
}

t.test('lists that are none', async (t) => {
  const bad: [Answerer, NmReason][] = [
    [say(200, '<html>'), 'NM_NONSENSE'],
    [say(200, '{}'), 'NM_NONSENSE'],
    [say(200, `{"containerLogsInfo":"${'x'.repeat(2 * 1024 * 1024)}"}`), 'NM_TOO_LARGE']
  ]
  for (const [answer, reason] of bad) {
    await t.rejects(logsOf(t).listFiles(at(await scripted(t, answer))), nmError(reason))
  }
})

t.test('a node that is gone', async (t) => {
  await t.rejects(
    logsOf(t).listFiles(at(await deadUrl(t))),
    nmError('NM_UNREACHABLE', { message: 'NodeManager cannot be read (connection refused)' })
  )
})

t.test('a large file is read no further than its piece', async (t) => {
  const server = await scripted(t, (response) => {
    response.writeHead(200)
    response.write(`Container: ${ID} on nm1\nLogLength:${2 ** 40}\nLogContents:\n`)
    const more = () => {
      while (response.write(Buffer.alloc(64 * 1024, 'x')));
    }
    response.on('drain', more)
    more()
  })
  const piece = await logsOf(t).readFile(at(server), 'stdout', { bytes: 1024 * 1024 })
  t.equal(piece.bytes.length, 1024 * 1024)
  t.equal(piece.start, 2 ** 40 - 1024 * 1024)
})

t.test('an abort is the caller’s own reason; close ends the rest', async (t) => {
  const caller = new AbortController()
  const server = await scripted(
    t,
    inTurn(() => caller.abort(new Error('gone')))
  )
  const logs = logsOf(t)
  await t.rejects(logs.readFile(at(server), 'stdout', { signal: caller.signal }), {
    message: 'gone'
  })
  await logs.close()
  await t.rejects(logs.readFile(at(server), 'stdout'), nmError('NM_UNREACHABLE'))
})
