import {
  type Answer,
  bareAnswer,
  emptyAnswer,
  errorAnswer,
  jsonAnswer,
  redirectAnswer,
  withCookie
} from './answer.ts'
import { answerExecutor } from './executor-servlet.ts'
import { loginPage, userPage } from './login-page.ts'
import { answerManager } from './manager-servlet.ts'
import type { UserDefinition } from './options.ts'
import type { Call } from './parameters.ts'
import type { Server, UserCall } from './servlet.ts'
import type { Session } from './sessions.ts'
import { statusPage } from './status-page.ts'

const servlets = [
  '/manager',
  '/executor',
  '/schedule',
  '/index',
  '/history',
  '/triggers',
  '/jmx',
  '/stats'
]
export const sessionCookie = 'azkaban.browser.session.id'

/** What every servlet does first (§1.3, §2), and then the servlet. */
export async function answerCall(call: Call, server: Server): Promise<Answer> {
  const { dialect } = server
  if (call.path === '/status' && dialect.statusColon !== undefined) return statusPage(server)
  const session = sessionOf(call, server)
  switch (call.method) {
    case 'GET':
    case 'HEAD':
      return await answerGet(call, session, server)
    case 'POST':
      return await answerPost(call, session, server)
    case 'DELETE':
      if (!dialect.allowsDelete) break
      return session ? emptyAnswer(200) : loginPage(dialect.loginPageBytes)
  }
  const verb = call.method === 'PUT' ? 'HTTP' : 'Http'
  return emptyAnswer(405, `${verb} method ${call.method} is not supported by this URL`)
}

async function answerGet(
  call: Call,
  session: Session | undefined,
  server: Server
): Promise<Answer> {
  if (!session) {
    return call.parameters.has('ajax')
      ? errorAnswer('session')
      : loginPage(server.dialect.loginPageBytes)
  }
  if (call.parameters.has('logout')) {
    server.sessions.remove(session.id)
    return redirectAnswer(call.request, server.scheme, '/')
  }
  return await answerUser({ ...call, user: session.user }, server)
}

async function answerPost(
  call: Call,
  session: Session | undefined,
  server: Server
): Promise<Answer> {
  const { dialect } = server
  if (dialect.refusesPasswordInQuery && call.query.has('password')) {
    return bareAnswer('Login error. Must pass username and password in request body')
  }
  if (call.multipart && !session) return bareAnswer('Login error. Need username and password')
  if (call.parameters.get('action') === 'login' && !call.multipart) return login(call, server)
  const user = session?.user ?? oneShotUser(call, server)
  if (user === 'wrong') return bareAnswer('Login error: Username/Password not found.')
  if (user) return await answerUser({ ...call, user }, server)
  if (call.request.headers['x-requested-with'] === 'XMLHttpRequest') {
    return bareAnswer(
      '{"action":"login","message":"Invalid Session. Need to re-login","status":"error"}'
    )
  }
  return loginPage(dialect.loginPageBytes)
}

async function answerUser(call: UserCall, server: Server): Promise<Answer> {
  if (!servlets.includes(call.path)) return redirectAnswer(call.request, server.scheme, '/index')
  if (!call.parameters.has('ajax')) return call.method === 'POST' ? emptyAnswer(200) : userPage
  if (call.path === '/executor') return await answerExecutor(call, server)
  if (call.path !== '/manager') return userPage
  if (call.method === 'POST' && !server.dialect.managerTakesPost) return emptyAnswer(200)
  return answerManager(call, server)
}

/** §2.1. */
function login(call: Call, server: Server): Answer {
  const { sessions, sessionCap } = server
  const name = call.parameters.get('username')
  const password = call.parameters.get('password')
  if (name === null || password === null) return errorAnswer('Incorrect Login.')
  const user = userOf(name, password, server)
  if (typeof user === 'string') return errorAnswer(`Incorrect Login. ${user}`)
  const address = addressOf(call, server)
  const full = sessions.count(user.name, address) >= sessionCap
  const session = sessions.create(user, address)
  const cookie = `${sessionCookie}=${session.id}`
  if (!full) return withCookie(jsonAnswer({ 'session.id': session.id, status: 'success' }), cookie)
  sessions.remove(session.id)
  const text = `Potential DDoS found, the number of sessions for this user and IP reached allowed limit (${sessionCap}).`
  return withCookie(errorAnswer(text), cookie)
}

function userOf(name: string, password: string, server: Server): UserDefinition | string {
  if (name.trim() === '') return 'Username is empty.'
  if (password.trim() === '') return 'Password is empty.'
  const user = server.users.find((one) => one.name === name && one.password === password)
  return user ?? 'Username/Password not found.'
}

/** A POST that brings user and password instead of a session (§2.3). */
function oneShotUser(call: Call, server: Server): UserDefinition | 'wrong' | undefined {
  const name = call.parameters.get('username')
  const password = call.parameters.get('password')
  if (name === null || password === null) return undefined
  const user = userOf(name, password, server)
  return typeof user === 'string' ? 'wrong' : user
}

/** The session that the request names (§2.2), used now. */
function sessionOf(call: Call, server: Server): Session | undefined {
  const id = sessionIdOf(call)
  const session = id === undefined ? undefined : server.sessions.use(id)
  if (!session || (server.dialect.ipCheck && session.address !== addressOf(call, server))) {
    return undefined
  }
  return session
}

export function sessionIdOf(call: Call): string | undefined {
  const cookie = new RegExp(`(?:^|;\\s*)${sessionCookie.replaceAll('.', '\\.')}="?([^";]+)`)
  return (
    cookie.exec(call.request.headers.cookie ?? '')?.[1] ??
    call.parameters.get('session.id') ??
    undefined
  )
}

/** Up to 3.7 the peer; later the first of X-Forwarded-For, cut at the first colon (§2.5). */
function addressOf(call: Call, { dialect }: Server): string {
  if (dialect.ipCheck) return call.peer
  const forwarded = String(call.request.headers['x-forwarded-for'] ?? '')
    .split(',')[0]
    ?.trim()
  return (forwarded || call.peer).split(':')[0] ?? ''
}
