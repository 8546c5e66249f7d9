import { randomUUID } from 'node:crypto'
import { endedSession } from '@scheduler-task/auth/auth-errors'
import type { TokenContent } from '@scheduler-task/auth/token-signer'
import { badCredentials, loginTooOften, sessionOfAnother, sessionsNotKept } from '../errors.ts'
import type { LoginThrottle } from './login-throttle.ts'
import type { PasswordHashing } from './password-hash.ts'
import type { Session, SessionStore } from './session-store.ts'
import type { StoredUser, UserStore } from './users.ts'

export type LoggedIn = { token: string; session: Session }

export type Login = {
  /** @throws Refusal 401 (which of the two is wrong stays unsaid), 429, 503 */
  logIn(attempt: { username: string; password: string; address: string }): Promise<LoggedIn>
  /**
   * Gives a session that was made here a new end and its user's roles of now; older tokens of it count until they say.
   * @throws Refusal 401 when session or user are gone, 409 for a session of another system
   */
  renew(sessionId: string): Promise<LoggedIn>
}

export type LoginParts = {
  users: Pick<UserStore, 'find'>
  passwords: PasswordHashing
  throttle: LoginThrottle
  /** `null` where sessions are not looked up: the token alone counts. */
  sessions: SessionStore | null
  sign(content: TokenContent): string
  /** From login or renewal to the session's end. */
  sessionTtlS: number
  /** From login to the end that no renewal passes. */
  sessionMaxS: number
  /** Epoch milliseconds. Default: the clock. */
  now?: () => number
}

/** Login with a user name and a password: a session is made first, then its token. */
export function createLogin(parts: LoginParts): Login {
  const {
    users,
    passwords,
    throttle,
    sessions,
    sign,
    sessionTtlS,
    sessionMaxS,
    now = Date.now
  } = parts
  const newSession = ({ name, roles }: StoredUser, createdAt: Date): Session => ({
    id: randomUUID(),
    name,
    roles,
    createdAt,
    expiresAt: endOf(createdAt, createdAt)
  })
  /** In whole seconds, as the token says it: session and token end together. */
  const endOf = (createdAt: Date, from: Date) => {
    const seconds = (date: Date) => Math.floor(date.getTime() / 1000)
    return new Date(1000 * Math.min(seconds(from) + sessionTtlS, seconds(createdAt) + sessionMaxS))
  }
  const tokenOf = (session: Session, issuedAt: Date) =>
    sign({ ...session, sessionId: session.id, issuedAt })

  return {
    async logIn({ username, password, address }) {
      const attempt = await throttle.begin(username, address)
      if ('waitMs' in attempt) throw loginTooOften(attempt.waitMs)
      const begunAt = new Date(now())
      const user = await users.find(username)
      // Always the same work, so that the time does not tell whether the user exists.
      const matches = await passwords.matches(password, user?.passwordHash)
      if (!user || !matches) throw badCredentials()
      await attempt.succeeded()

      const session = newSession(user, begunAt)
      await sessions?.create(session)
      // Removed, or another password set, in the meantime: whoever ended the user's sessions may have missed this one.
      const still = await users.find(username)
      if (still?.passwordHash !== user.passwordHash) {
        await sessions?.remove(session.id)
        throw badCredentials()
      }
      return { token: tokenOf(session, begunAt), session }
    },
    async renew(sessionId) {
      if (!sessions) throw sessionsNotKept()
      const session = await sessions.get(sessionId)
      if (!session) throw sessionOfAnother()
      const user = await users.find(session.name)
      if (!user) {
        await sessions.remove(sessionId)
        throw endedSession()
      }
      const renewedAt = new Date(now())
      const expiresAt = endOf(session.createdAt, renewedAt)
      const renewed = { ...session, roles: user.roles, expiresAt }
      if (!(await sessions.replace(renewed))) throw endedSession()
      return { token: tokenOf(renewed, renewedAt), session: renewed }
    }
  }
}
