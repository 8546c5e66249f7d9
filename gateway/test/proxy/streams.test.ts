import type { ServerResponse } from 'node:http'
import { until } from '@scheduler-task/test-support/until'
import t from 'tap'
import { request } from 'undici'
import { startGateway } from '../support/gateway.ts'
import { connectRaw } from '../support/raw-connection.ts'
import { startUpstream } from '../support/upstream-server.ts'

const EVENTS = '/executor/v2/events'

t.test('streams come as they are written, and take nothing of what calls need', async (t) => {
  const open = new Set<ServerResponse>()
  const upstream = await startUpstream(t, (incoming, response) => {
    if (incoming.url !== EVENTS) return void response.end('called')
    open.add(response)
    response.once('close', () => open.delete(response))
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write('id: 1\n\n')
  })
  const { url, port, token } = await startGateway(t, {
    EXECUTOR_URL: upstream.url,
    UPSTREAM_CONNECTIONS: '2',
    UPSTREAM_STREAMS: '4'
  })
  const headers = { token }
  const streams = await Promise.all(
    Array.from({ length: 4 }, () => request(url + EVENTS, { headers }))
  )
  const texts = streams.map(({ body }) => {
    const heard = { text: '' }
    body
      .on('error', () => {})
      .on('data', (bytes) => {
        heard.text += bytes
      })
    return heard
  })
  await until('each is heard at once', () => texts.every(({ text }) => text === 'id: 1\n\n'))

  const call = await request(`${url}/executor/v2/jobs`, { headers })
  t.equal(await call.body.text(), 'called')

  const raw = await connectRaw(t, port)
  raw.send(`GET ${EVENTS} HTTP/1.1\r\nHost: a\r\nToken: ${token}\r\n\r\n`)
  const refused = await raw.answer()
  t.equal(refused.status, 503)
  t.match(JSON.parse(refused.body), { code: 'GATEWAY_SERVICE_BUSY' })
  t.ok(refused.headers['retry-after'])

  for (const response of open) response.write('id: 2\n\n')
  await until('and the next', () => texts.every(({ text }) => text.endsWith('id: 2\n\n')))
  for (const { body } of streams) body.destroy()
  await until('the service is left', () => open.size === 0)
})

t.test('who comes and goes leaves nothing at the service', async (t) => {
  let open = 0
  const upstream = await startUpstream(t, (_incoming, response) => {
    open += 1
    response.once('close', () => {
      open -= 1
    })
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write('id: 1\n\n')
  })
  const { port, token } = await startGateway(t, {
    EXECUTOR_URL: upstream.url,
    UPSTREAM_STREAMS: '25'
  })
  for (let round = 0; round < 20; round += 1) {
    const clients = await Promise.all(
      Array.from({ length: 25 }, async () => {
        const client = await connectRaw(t, port)
        client.send(`GET ${EVENTS} HTTP/1.1\r\nHost: a\r\nToken: ${token}\r\n\r\n`)
        return client
      })
    )
    await until('all are heard', () => clients.every((one) => one.rest().includes('id: 1')))
    for (const { socket } of clients) socket.destroy()
    await until('the service is left', () => open === 0)
  }
  t.equal(open, 0)
})

t.test('a stream ends with the gateway, which does not wait for it', async (t) => {
  const upstream = await startUpstream(t, (_incoming, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write('id: 1\n\n')
  })
  const { url, app, token } = await startGateway(t, {
    EXECUTOR_URL: upstream.url,
    SHUTDOWN_TIMEOUT_MS: '600000'
  })
  const { body } = await request(url + EVENTS, { headers: { token } })
  const ended = t.rejects(body.text())
  await app.close()
  await ended
})
