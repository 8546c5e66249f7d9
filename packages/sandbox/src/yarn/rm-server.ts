import type { IncomingMessage, ServerResponse } from 'node:http'
import { formatFor } from './accept.ts'
import { type Answer, type Header, jsonType, send } from './answer.ts'
import { applicationPage } from './application-page.ts'
import type { Call } from './call.ts'
import { type Authenticator, createAuthenticator } from './caller.ts'
import { answerControl, type ControlContext } from './control-routes.ts'
import { playFault } from './fault-player.ts'
import { isActiveAnswer, redirect, type Target } from './high-availability.ts'
import { unacceptable, unknownPath, unknownResource } from './not-found-page.ts'
import { RemoteException } from './remote-exception.ts'
import { BodyTooLarge, readBody } from './request-body.ts'
import type { RequestCounts } from './request-counts.ts'
import { answerCluster } from './rm-routes.ts'
import type { Timers } from './timers.ts'

const base = '/ws/v1/cluster'
const maxBodyBytes = 1024 * 1024

export interface RmContext extends ControlContext {
  readonly timers: Timers
  readonly requests: RequestCounts
}

/** The ResourceManager's web server: faults, authentication, redirects of a standby, resources. */
export function createRmHandler(context: RmContext) {
  const authenticate = createAuthenticator('simple-dt')
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const target = targetOf(request)
    if (target.path.startsWith('/sandbox/')) return await answerControl(request, response, context)
    context.requests.add(request.method ?? 'GET', target.path)
    const { cluster, faults } = context.resources
    const now = cluster.clock()
    const caller = authenticate(request, target.query, now)
    const sending = { request, response, now, cookie: caller.cookie }
    const answer = () => answerTo(request, target, caller, context)
    const fault = faults.take(request.method ?? 'GET', target.path)
    if (!fault) return send(await answer(), sending)
    const as = (role: 'standby' | 'noActive', activeUrl = cluster.activeUrl) =>
      redirect({ ...cluster, role, activeUrl }, target) ?? unknownPath(target.path)
    await playFault(fault, {
      ...sending,
      timers: context.timers,
      answer,
      redirects: { standby: (url) => as('standby', url), noActive: () => as('noActive') }
    })
  }
}

async function answerTo(
  request: IncomingMessage,
  target: Target,
  caller: ReturnType<Authenticator>,
  context: RmContext
): Promise<Answer> {
  const { resources } = context
  const { path, query } = target
  const asked = [...query.keys()].find((name) => name.toLowerCase() === 'doas')
  if (asked !== undefined && caller.authenticated) {
    return impersonation(caller.user, query.get(asked) ?? '')
  }
  if (path === '/isActive') return isActiveAnswer(resources.cluster)
  const elsewhere = redirect(resources.cluster, target)
  if (elsewhere) return elsewhere
  if (path !== base && !path.startsWith(`${base}/`)) {
    if (path.startsWith('/ws/')) return unknownResource(path.slice('/ws'.length))
    return applicationPage(path, resources) ?? unknownPath(path)
  }
  const accept = request.headers.accept
  const format = formatFor(accept)
  if (!format) return unacceptable(accept ?? '')
  const call: Call = {
    request,
    method: request.method ?? 'GET',
    path: path
      .slice(base.length)
      .split('/')
      .filter((part) => part !== '')
      .map(decode),
    query,
    caller,
    format,
    url: target.origin + path,
    body: () => readBody(request, maxBodyBytes)
  }
  try {
    return (await answerCluster(call, resources)) ?? unknownResource(path.slice('/ws'.length))
  } catch (error) {
    if (error instanceof RemoteException) return error.answer(format)
    if (error instanceof BodyTooLarge) return tooLarge()
    throw error
  }
}

function targetOf(request: IncomingMessage): Target {
  const url = request.url ?? '/'
  const mark = url.indexOf('?')
  const path = mark < 0 ? url : url.slice(0, mark)
  const queryText = mark < 0 ? '' : url.slice(mark + 1)
  const origin = `http://${request.headers.host ?? 'localhost'}`
  return { path, queryText, query: new URLSearchParams(queryText), origin }
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

function impersonation(user: string, other: string): Answer {
  const body = `{\n  "RemoteException" : {\n    "message" : ${JSON.stringify(`User: ${user} is not allowed to impersonate ${other}`)},\n    "exception" : "AuthorizationException",\n    "javaClassName" : "org.apache.hadoop.security.authorize.AuthorizationException"\n  }\n}`
  return {
    status: 403,
    headers: [],
    earlyType: 'application/json',
    frame: 'plain',
    body: Buffer.from(body),
    chunked: false
  }
}

function tooLarge(): Answer {
  const headers: Header[] = [
    ['Content-Type', jsonType],
    ['Connection', 'close']
  ]
  return { status: 413, headers, body: Buffer.alloc(0), chunked: false }
}
