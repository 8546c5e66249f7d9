import { setTimeout as later } from 'node:timers/promises'
import t from 'tap'
import type { ResourceManagerOptions } from '../src/resource-manager.ts'
import type { RmReason } from '../src/rm-errors.ts'
import { isPassing, RmError } from '../src/rm-errors.ts'
import { recording } from './support/recordings.ts'
import { rmError, rmOf } from './support/rm-of.ts'
import { type Answerer, deadUrl, inTurn, replay, say, scripted } from './support/scripted-server.ts'

const ID = 'application_1795346064118_0003'
const PAGE = '<html><head><title>Welcome</title></head><body>http://10.1.2.3:8088</body></html>'
const html = { 'content-type': 'text/html' }

const drip: Answerer = (response) => {
  response.writeHead(200, { 'content-type': 'application/json' })
  const timer = setInterval(() => response.write(' '), 5)
  response.on('close', () => clearInterval(timer))
}

const endless: Answerer = (response) => {
  response.writeHead(200, { 'content-type': 'application/json' })
  const more = () => {
    while (response.write(Buffer.alloc(64 * 1024, ' ')));
  }
  response.on('drain', more)
  more()
}

const huge: Answerer = (response) => {
  response.writeHead(200, { 'content-length': String(100 * 1024 * 1024) })
  response.write('{')
}

const half: Answerer = (response) => {
  const { body } = recording('3.3.6/scheduler-capacity')
  response.writeHead(200, { 'content-length': String(body.length) })
  response.write(body.subarray(0, 1000), () => response.destroy())
}

const notHttp: Answerer = (response) => {
  response.socket?.end('SSH-2.0-OpenSSH_9.6\r\n')
}

const quick = { timeoutMs: 200 }
const table: [string, Answerer, RmReason, Partial<ResourceManagerOptions>?][] = [
  ['never answers', () => {}, 'RM_TIMEOUT', quick],
  [
    'hangs after the headers',
    (response) => response.writeHead(200).flushHeaders(),
    'RM_TIMEOUT',
    quick
  ],
  ['drips', drip, 'RM_TIMEOUT', quick],
  ['drips an error', (response) => response.writeHead(500).write('x'), 'RM_TIMEOUT', quick],
  ['answers HTML', say(200, PAGE, html), 'RM_NONSENSE'],
  ['answers HTML with 502', say(502, PAGE, html), 'RM_UNREACHABLE'],
  ['answers HTML with 503', say(503, PAGE, html), 'RM_UNREACHABLE'],
  ['answers HTML with 504', say(504, PAGE, html), 'RM_UNREACHABLE'],
  ['answers HTML with 500', say(500, PAGE, html), 'RM_ERROR'],
  ['answers nothing', say(200, ''), 'RM_NONSENSE'],
  ['answers 204', (response) => response.writeHead(204).end(), 'RM_NONSENSE'],
  ['answers null', say(200, 'null'), 'RM_NONSENSE'],
  ['answers JSON of something else', say(200, '{"status":"UP"}'), 'RM_NONSENSE'],
  ['answers half of it and breaks off', half, 'RM_UNREACHABLE'],
  ['answers half of it', say(200, '{"scheduler":{"schedulerInfo"'), 'RM_NONSENSE'],
  ['answers compressed', say(200, '\u001f\u008b', { 'content-encoding': 'gzip' }), 'RM_NONSENSE'],
  ['does not speak HTTP', notHttp, 'RM_NONSENSE'],
  ['closes without a word', (response) => response.destroy(), 'RM_UNREACHABLE'],
  ['announces 100 MB', huge, 'RM_TOO_LARGE'],
  ['sends without end', endless, 'RM_TOO_LARGE', { maxBodyBytes: 1024 * 1024 }],
  ['is a page that is not there', replay('3.3.6/unknown-path-404'), 'RM_NONSENSE'],
  ['is another Jetty', replay('3.3.6/unknown-path-root-404'), 'RM_NONSENSE'],
  ['wants Kerberos', say(401, PAGE, { 'www-authenticate': 'Negotiate' }), 'RM_KERBEROS'],
  ['wants a user', say(401, PAGE, { 'www-authenticate': 'PseudoAuth' }), 'RM_REFUSED'],
  ['refuses', say(403, 'Unauthorized'), 'RM_REFUSED']
]

for (const [does, answer, reason, options] of table) {
  t.test(`one that ${does}: ${reason}`, async (t) => {
    const server = await scripted(t, answer)
    const rm = rmOf(t, [server], options)
    const error = await rm.schedulerText().then(
      () => t.fail('answered'),
      (thrown: unknown) => thrown
    )
    t.ok(error instanceof RmError)
    t.match(error, { reason, message: /^ResourceManager/ })
    t.notMatch((error as Error).message, /127\.0\.0\.1|10\.1\.2\.3|http:|<|:\d/)
  })
}

t.test('one that is not there, and one whose name is not', async (t) => {
  await t.rejects(rmOf(t, [await deadUrl(t)]).info(), {
    reason: 'RM_UNREACHABLE',
    message: 'ResourceManager cannot be reached (connection refused)'
  })
  await t.rejects(rmOf(t, ['http://rm.invalid:8088']).info(), {
    reason: 'RM_UNREACHABLE',
    message: /^ResourceManager cannot be reached \(host name/
  })
})

t.test('what is too large is left at once', async (t) => {
  const server = await scripted(t, endless)
  const rm = rmOf(t, [server], { maxBodyBytes: 1024 * 1024, timeoutMs: 20_000 })
  const before = process.memoryUsage().rss
  for (let time = 0; time < 10; time += 1) {
    await t.rejects(rm.applications(), rmError('RM_TOO_LARGE'))
  }
  t.ok(process.memoryUsage().rss - before < 100 * 1024 * 1024)
  while (server.abandoned < 10) await later(5)
})

t.test('one application may be 4 MiB, a list more', async (t) => {
  const large = `{"app":{"id":"${ID}","state":"NEW"},"x":"${'x'.repeat(5 * 1024 * 1024)}"}`
  const server = await scripted(t, say(200, large))
  const rm = rmOf(t, [server])
  await t.rejects(rm.application(ID), rmError('RM_TOO_LARGE'))
  await t.rejects(rm.applicationText(ID), rmError('RM_TOO_LARGE'))
  await t.rejects(rm.applications(), rmError('RM_NONSENSE'))
})

t.test('a large error page is cut', async (t) => {
  const server = await scripted(t, say(500, 'x'.repeat(5 * 1024 * 1024)))
  const error = await rmOf(t, [server])
    .info()
    .catch((thrown: unknown) => thrown)
  t.match(error, { reason: 'RM_ERROR', text: String })
  t.equal((error as RmError).text?.length, 64 * 1024)
  t.ok((error as RmError).message.length < 400)
})

t.test('a connection that breaks before the answer is tried once more', async (t) => {
  const server = await scripted(
    t,
    inTurn((response) => response.destroy(), replay('3.3.6/info'))
  )
  t.match(await rmOf(t, [server]).info(), { haState: 'ACTIVE' })
  t.equal(server.asked.length, 2)
})

t.test('it goes on when the RM is back', async (t) => {
  const server = await scripted(t, inTurn(say(503, PAGE, html), replay('3.3.6/apps-empty')))
  const rm = rmOf(t, [server])
  const error = await rm.applications().catch((thrown: unknown) => thrown)
  t.equal(isPassing(error), true)
  t.equal(isPassing(new RmError('RM_REFUSED', 'x')), false)
  t.equal(isPassing(new Error('x')), false)
  t.strictSame(await rm.applications(), [])
})
