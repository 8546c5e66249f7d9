import type { IncomingMessage } from 'node:http'
import { pino } from 'pino'
import t from 'tap'
import { traceContextFrom } from '../../src/proxy/trace-context.ts'
import { startGateway } from '../support/gateway.ts'
import { connectRaw } from '../support/raw-connection.ts'
import { startUpstream } from '../support/upstream-server.ts'

const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736'
const GOOD = `00-${TRACE_ID}-00f067aa0ba902b7-01`

t.test('a valid trace is passed on as it is', async (t) => {
  for (const traceparent of [
    GOOD,
    GOOD.replace(/01$/, '00'),
    `cc${GOOD.slice(2)}-what-the-future`
  ]) {
    t.strictSame(traceContextFrom({ traceparent, tracestate: 'a=b' }, undefined), {
      traceparent,
      tracestate: 'a=b',
      traceId: TRACE_ID
    })
  }
})

t.test('one that is not valid is dropped, and its state; a new one begins', async (t) => {
  for (const traceparent of [
    undefined,
    '',
    'x',
    GOOD.toUpperCase(),
    `ff${GOOD.slice(2)}`,
    `${GOOD}-more`,
    `${GOOD}-`,
    `${GOOD}0`,
    ` ${GOOD}`,
    `${GOOD}, ${GOOD}`,
    `cc${GOOD.slice(2)}.x`,
    `cc${GOOD.slice(2)}-${'x'.repeat(1000)}`,
    GOOD.replace(TRACE_ID, '0'.repeat(32)),
    GOOD.replace('00f067aa0ba902b7', '0'.repeat(16)),
    GOOD.replace('f', 'g'),
    GOOD.slice(1)
  ]) {
    const headers = { tracestate: 'a=b', ...(traceparent !== undefined && { traceparent }) }
    const made = traceContextFrom(headers, undefined)
    t.match(made.traceparent, /^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/, traceparent ?? 'none')
    t.not(made.traceId, TRACE_ID)
    t.ok(made.traceparent.includes(made.traceId))
    t.equal(made.tracestate, undefined)
  }
})

t.test('a thousand new traces are a thousand', async (t) => {
  const ids = Array.from({ length: 1000 }, () => traceContextFrom({}, undefined).traceparent)
  t.equal(new Set(ids).size, 1000)
})

t.test(
  'the service and the log line see the same trace; a new one is the request’s id',
  async (t) => {
    const heard: IncomingMessage[] = []
    const upstream = await startUpstream(t, (request, response) => {
      heard.push(request)
      response.end('{}')
    })
    const lines: Record<string, unknown>[] = []
    const logger = pino(
      { level: 'info' },
      {
        write: (text: string) => {
          for (const line of text.trim().split('\n')) lines.push(JSON.parse(line))
        }
      }
    )
    const { port, token, app } = await startGateway(t, { EXECUTOR_URL: upstream.url }, { logger })
    const connection = await connectRaw(t, port)
    const get = async (fields: string) => {
      connection.send(
        `POST /executor/x?password=hidden HTTP/1.1\r\nHost: a\r\nToken: ${token}\r\nContent-Length: 5\r\n${fields}\r\nhello`
      )
      return connection.answer()
    }
    await get(`Traceparent: ${GOOD}\r\nTracestate: a=b\r\nTracestate: c=d\r\n`)
    const { headers } = await get('Tracestate: a=b\r\n')
    await get('Traceparent: x\r\nX-Request-Id: mine\r\n')
    connection.send('GET /executor/x HTTP/1.1\r\nHost: a\r\nToken: "\r\n\r\n')
    await connection.answer()
    await app.close()

    t.equal(heard[0]?.headers.traceparent, GOOD)
    t.match(heard[0]?.headers.tracestate, /^a=b, ?c=d$/)
    const own = (headers['x-request-id'] ?? '').replaceAll('-', '')
    t.match(heard[1]?.headers.traceparent, new RegExp(`^00-${own}-`))
    t.equal(heard[1]?.headers.tracestate, undefined)
    t.match(heard[2]?.headers.traceparent, /^00-[0-9a-f]{32}-/)

    const requests = lines.filter(({ msg }) => msg === 'request')
    t.match(requests, [
      {
        level: 30,
        traceId: TRACE_ID,
        url: '/executor/x?password=[hidden]',
        service: 'yarn-executor',
        user: 'zhangsan',
        method: 'POST',
        status: 200,
        received: 5,
        sent: 2,
        ip: '127.0.0.1'
      },
      { traceId: own, reqId: headers['x-request-id'] },
      { traceId: heard[2]?.headers.traceparent?.toString().split('-')[1], reqId: 'mine' },
      { user: '', status: 401 }
    ])
    t.ok(requests.every(({ time, ms }) => typeof time === 'number' && typeof ms === 'number'))
    t.ok(Number(requests[3]?.sent) > 50, 'refusals count as well')
  }
)
