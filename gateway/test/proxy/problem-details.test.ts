import { once } from 'node:events'
import { createServer } from 'node:net'
import t, { type Test } from 'tap'
import { request } from 'undici'
import { startGateway } from '../support/gateway.ts'
import { startUpstream } from '../support/upstream-server.ts'

const V2 = ['/executor/v2/jobs', '/executor/v2', '/executor/v2/events?x=1', '/executor/%76%32/jobs']
const V1 = ['/executor/running', '/executor/v2x', '/executor/v1/v2', '/file/v2/x']

type Expected = { status: number; code: string }

async function told(t: Test, url: string, token: string, { status, code }: Expected) {
  for (const path of [...V2, ...V1]) {
    const answer = await request(url + path, { headers: token === '' ? {} : { token } })
    const text = await answer.body.text()
    const { headers } = answer
    t.equal(answer.statusCode, status, path)
    if (V2.includes(path)) {
      t.equal(headers['content-type'], 'application/problem+json; charset=utf-8', path)
      const problem = JSON.parse(text)
      t.match(problem, { type: 'about:blank', title: /./, status, detail: /./, code }, path)
      t.equal(problem.requestId, headers['x-request-id'], path)
    } else {
      t.equal(headers['content-type'], 'application/json; charset=utf-8', path)
      const envelope = JSON.parse(text)
      t.strictSame(Object.keys(envelope), ['statusCode', 'message', 'data'], path)
      t.match(JSON.parse(envelope.data), { code }, path)
    }
  }
}

async function hangingUp(t: Test): Promise<string> {
  const server = createServer((socket) =>
    socket.on('error', () => {}).once('data', () => socket.end())
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  return `http://127.0.0.1:${(server.address() as { port: number }).port}`
}

t.test(
  'what the gateway refuses itself is told as the service behind the path would',
  async (t) => {
    await t.test('401: no token, a bad one', async (t) => {
      const { url } = await startGateway(t)
      await told(t, url, '', { status: 401, code: 'AUTH_NO_TOKEN' })
    })

    await t.test('400: a path that can be read in two ways', async (t) => {
      const { url, token } = await startGateway(t)
      for (const [path, type] of [
        ['/executor/v2/jobs/a%2Fb', 'application/problem+json; charset=utf-8'],
        ['/executor/status/a%2Fb', 'application/json; charset=utf-8']
      ] as const) {
        const answer = await request(url + path, { headers: { token } })
        t.equal(answer.statusCode, 400, path)
        t.equal(answer.headers['content-type'], type, path)
        await answer.body.dump()
      }
    })

    await t.test('503: not configured, not reachable', async (t) => {
      const without = await startGateway(t)
      await told(t, without.url, without.token, { status: 503, code: 'GATEWAY_NOT_CONFIGURED' })
      const nobody = 'http://127.0.0.1:1'
      const away = await startGateway(t, { EXECUTOR_URL: nobody, FILE_SERVICE_URL: nobody })
      await told(t, away.url, away.token, { status: 503, code: 'GATEWAY_SERVICE_UNREACHABLE' })
    })

    await t.test('502: the service hangs up', async (t) => {
      const service = await hangingUp(t)
      const { url, token } = await startGateway(t, {
        EXECUTOR_URL: service,
        FILE_SERVICE_URL: service
      })
      await told(t, url, token, { status: 502, code: 'GATEWAY_SERVICE_BROKE_OFF' })
    })

    await t.test('504: the service does not answer', async (t) => {
      const { url: service } = await startUpstream(t, () => {})
      const { url, token } = await startGateway(t, {
        EXECUTOR_URL: service,
        FILE_SERVICE_URL: service,
        UPSTREAM_TIMEOUT_MS: '100'
      })
      await told(t, url, token, { status: 504, code: 'GATEWAY_SERVICE_TOO_SLOW' })
    })

    await t.test('what a service refuses (403, 404, 413) is passed on as it is', async (t) => {
      const service = await startUpstream(t, (incoming, response) => {
        const status = Number(incoming.url?.slice(-3))
        response
          .writeHead(status, { 'content-type': 'application/problem+json' })
          .end(`{"s":${status}}`)
      })
      const { url, token } = await startGateway(t, { EXECUTOR_URL: service.url })
      for (const status of [403, 404, 413]) {
        const answer = await request(`${url}/executor/v2/jobs?${status}`, { headers: { token } })
        t.equal(answer.statusCode, status)
        t.equal(answer.headers['content-type'], 'application/problem+json')
        t.equal(await answer.body.text(), `{"s":${status}}`)
      }
    })
  }
)
