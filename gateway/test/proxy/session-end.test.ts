import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { until } from '@scheduler-task/test-support/until'
import t, { type Test } from 'tap'
import { startGateway } from '../support/gateway.ts'
import { codeIn, connectRaw } from '../support/raw-connection.ts'
import { startUpstream } from '../support/upstream-server.ts'

const LIMIT_MS = 1000

type Heard = { request: IncomingMessage; response: ServerResponse; gone: boolean }

/** A gateway whose service answers what the test says, and notices callers that leave. */
async function startWorld(t: Test, answer: (response: ServerResponse) => void = () => {}) {
  const heard: Heard[] = []
  const upstream = await startUpstream(t, (request, response) => {
    const call: Heard = { request, response, gone: false }
    heard.push(call)
    request.on('error', () => {}).resume()
    response.on('close', () => {
      call.gone = !response.writableFinished
    })
    answer(response)
  })
  const gateway = await startGateway(t, { FILE_SERVICE_URL: upstream.url })
  return { ...gateway, heard, head: headOf(gateway.token) }
}

const headOf =
  (token: string) =>
  (line: string, fields: Record<string, string> = {}) =>
    [`${line} HTTP/1.1`, 'Host: a', `Token: ${token}`]
      .concat(Object.entries(fields).map(([name, value]) => `${name}: ${value}`))
      .join('\r\n')
      .concat('\r\n\r\n')

t.test('an event stream ends with its session, and the service sees it', async (t) => {
  const { port, head, heard, sessions } = await startWorld(t, (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write('data: 1\n\n')
  })
  const client = await connectRaw(t, port)
  client.send(head('GET /file/events'))
  await until(() => client.rest().includes('data: 1'))
  const startedAt = performance.now()
  await sessions.remove('session-1')
  await client.closed
  await until(() => heard[0]?.gone)
  t.ok(performance.now() - startedAt < LIMIT_MS)
  t.notMatch(client.rest(), /\r\n0\r\n\r\n$/, 'no end that could be taken for the whole')
})

t.test('a download to a client that does not read ends with its session', async (t) => {
  const { port, head, heard, sessions } = await startWorld(t, (response) => {
    const piece = Buffer.alloc(64 * 1024)
    const more = () => {
      while (response.write(piece));
    }
    response.on('drain', more).writeHead(200, { 'content-length': 2 ** 30 })
    more()
  })
  const client = await connectRaw(t, port)
  client.send(head('GET /file/download'))
  await until(() => client.rest().includes('\r\n\r\n'))
  client.socket.pause()
  const startedAt = performance.now()
  await sessions.remove('session-1')
  await until(() => heard[0]?.gone)
  t.ok(performance.now() - startedAt < LIMIT_MS)
})

t.test('an upload ends with its session: 401, and the service gets no more of it', async (t) => {
  const { port, head, heard, sessions } = await startWorld(t)
  const client = await connectRaw(t, port)
  client.send(head('POST /file/upload', { 'Content-Length': '1000000' }))
  client.send('x'.repeat(1000))
  await until(() => heard.length === 1)
  const startedAt = performance.now()
  await sessions.remove('session-1')
  const answer = await client.answer()
  t.equal(answer.status, 401)
  t.equal(codeIn(answer), 'AUTH_SESSION_ENDED')
  t.equal(answer.headers.connection, 'close')
  await until(() => heard[0]?.gone)
  t.ok(performance.now() - startedAt < LIMIT_MS)
})

t.test('a call that waits for its answer ends with its session', async (t) => {
  const { port, head, heard, sessions, token } = await startWorld(t)
  const client = await connectRaw(t, port)
  client.send(head('GET /file/x'))
  await until(() => heard.length === 1)
  await sessions.remove('session-1')
  const answer = await client.answer()
  t.equal(answer.status, 401)
  await until(() => heard[0]?.gone)
  client.send(headOf(token)('GET /file/x'))
  t.equal((await client.answer()).status, 401, 'the connection goes on')
})

t.test('other sessions go on, and nothing stays behind of calls that are over', async (t) => {
  const { port, head, heard, sessions } = await startWorld(t, (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write('data: 1\n\n')
  })
  const watched = new Set<string>()
  const watch = sessions.watch
  sessions.watch = (id, onEnd) => {
    watched.add(id)
    const giveUp = watch(id, onEnd)
    return () => {
      watched.delete(id)
      giveUp()
    }
  }
  const client = await connectRaw(t, port)
  client.send(head('GET /file/events'))
  await until(() => client.rest().includes('data: 1'))
  await sessions.remove('another')
  heard[0]?.response.write('data: 2\n\n')
  await until(() => client.rest().includes('data: 2'))
  heard[0]?.response.end()
  await until(() => client.rest().endsWith('0\r\n\r\n'))
  await until(() => watched.size === 0)
  t.pass()
  client.socket.end()
  await once(client.socket, 'close')
})
