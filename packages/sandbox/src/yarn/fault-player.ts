import { type Answer, encoded, type Header, type SendContext, send, sendHead } from './answer.ts'
import type { RequestFault } from './faults.ts'
import { pour } from './pour.ts'
import type { Timers } from './timers.ts'

export interface FaultContext extends SendContext {
  readonly timers: Timers
  /** The answer that the request would get without the fault. */
  readonly answer: () => Promise<Answer>
  /** The answers of a standby and of one that finds no active peer. */
  readonly redirects: {
    readonly standby: (activeUrl: string | undefined) => Answer
    readonly noActive: () => Answer
  }
}

/** Answers a request as the fault says. Resolves when nothing is left to do for it. */
export async function playFault(fault: RequestFault, context: FaultContext): Promise<void> {
  const { request, response } = context
  switch (fault.kind) {
    case 'reset':
      request.socket.resetAndDestroy()
      return
    case 'hang':
      return
    case 'slow':
      await context.timers.pause(fault.ms)
      if (fault.dripMs === undefined) return send(await context.answer(), context)
      return await drip(await context.answer(), fault.dripMs, context)
    case 'half': {
      const answer = encoded(await context.answer(), request)
      sendHead(answer, context)
      const half = answer.body.subarray(0, Math.ceil(answer.body.length / 2))
      response.write(half, () => request.socket.destroy())
      return
    }
    case 'huge':
      sendHead({ ...page(200, 'application/json;charset=utf-8', ''), chunked: true }, context)
      return await pour('{"apps":{"app":[', fault.bytes, response)
    case 'redirectLoop':
      return send(loop(request.url ?? '/', fault.pingPong), context)
    case 'nan':
      return send(withNaN(await context.answer()), context)
    case 'empty':
      return send(page(200, 'application/json;charset=utf-8', ''), context)
    case 'html':
      return send(page(fault.status, 'text/html', proxyPage(fault.status)), context)
    case 'status':
      return send(page(fault.status, 'application/json;charset=utf-8', remoteError), context)
    case 'kerberos':
      return send(unauthorized(request.url ?? '/'), context)
    case 'standby':
      return send(context.redirects.standby(fault.activeUrl), context)
    case 'noActive':
      return send(context.redirects.noActive(), context)
  }
}

async function drip(answer: Answer, dripMs: number, context: FaultContext): Promise<void> {
  sendHead(answer, context)
  for (const byte of answer.body) {
    if (context.response.destroyed) return
    context.response.write(Buffer.of(byte))
    await context.timers.pause(dripMs)
  }
  context.response.end()
}

function loop(url: string, pingPong: boolean): Answer {
  const [path = '/', query] = url.split('?')
  const suffix = query === undefined ? '' : `?${query}`
  const other = path.endsWith('/') ? path.slice(0, -1) : `${path}/`
  const headers: Header[] = [['Location', `${pingPong ? other : path}${suffix}`]]
  return { ...page(307, 'text/plain;charset=utf-8', 'redirected\n'), headers }
}

function withNaN(answer: Answer): Answer {
  const text = answer.body.toString()
  const body = Buffer.from(
    text.replaceAll(/("\w*(?:Percentage|[cC]apacity)":)-?\d[^,}]*/g, '$1NaN')
  )
  return { ...answer, body }
}

function page(status: number, type: string, text: string): Answer {
  return { status, headers: [], earlyType: type, body: Buffer.from(text), chunked: false }
}

const remoteError =
  '{"RemoteException":{"exception":"WebApplicationException","message":"Service unavailable","javaClassName":"javax.ws.rs.WebApplicationException"}}'

function proxyPage(status: number): string {
  return `<html>\r\n<head><title>${status} Bad Gateway</title></head>\r\n<body>\r\n<center><h1>${status} Bad Gateway</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n`
}

function unauthorized(url: string): Answer {
  const path = url.split('?')[0] ?? '/'
  const body = `<html>\n<head>\n<meta http-equiv="Content-Type" content="text/html;charset=utf-8"/>\n<title>Error 401 Authentication required</title>\n</head>\n<body><h2>HTTP ERROR 401 Authentication required</h2>\n<table>\n<tr><th>URI:</th><td>${path.replaceAll(/[<>&"]/g, '')}</td></tr>\n<tr><th>STATUS:</th><td>401</td></tr>\n<tr><th>MESSAGE:</th><td>Authentication required</td></tr>\n</table>\n\n</body>\n</html>\n`
  const headers: Header[] = [
    ['WWW-Authenticate', 'Negotiate'],
    ['Set-Cookie', 'hadoop.auth=; Path=/; HttpOnly'],
    ['Cache-Control', 'must-revalidate,no-cache,no-store'],
    ['Content-Type', 'text/html;charset=iso-8859-1']
  ]
  return { status: 401, headers, frame: 'jetty', body: Buffer.from(body), chunked: false }
}
