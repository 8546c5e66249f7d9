import { randomUUID } from 'node:crypto'
import type { TokenContent } from '@scheduler-task/auth/token-signer'
import { badCredentials, loginTooOften } from '../errors.ts'
import type { LoginThrottle } from './login-throttle.ts'
import type { PasswordHashing } from './password-hash.ts'
import type { Session, SessionStore } from './session-store.ts'
import type { UserStore } from './users.ts'

export type LoggedIn = { token: string; session: Session }

export type Login = {
  /** @throws Refusal 401 (which of the two is wrong stays unsaid), 429, 503 */
  logIn(attempt: { username: string; password: string; address: string }): Promise<LoggedIn>
}

export type LoginParts = {
  users: Pick<UserStore, 'find'>
  passwords: PasswordHashing
  throttle: LoginThrottle
  /** `null` where sessions are not looked up: the token alone counts. */
  sessions: SessionStore | null
  sign(content: TokenContent): string
  sessionTtlS: number
  /** Epoch milliseconds. Default: the clock. */
  now?: () => number
}

/** Login with a user name and a password: a session is made first, then its token. */
export function createLogin(parts: LoginParts): Login {
  const { users, passwords, throttle, sessions, sign, sessionTtlS, now = Date.now } = parts
  return {
    async logIn({ username, password, address }) {
      const attempt = throttle.begin(username, address)
      if ('waitMs' in attempt) throw loginTooOften(attempt.waitMs)
      const user = users.find(username)
      // Always the same work, so that the time does not tell whether the user exists.
      const matches = await passwords.matches(password, user?.passwordHash)
      if (!user || !matches) throw badCredentials()
      attempt.succeeded()

      // Whole seconds, as the token says them: session and token end together.
      const createdAt = new Date(Math.floor(now() / 1000) * 1000)
      const session: Session = {
        id: randomUUID(),
        name: user.name,
        roles: user.roles,
        createdAt,
        expiresAt: new Date(createdAt.getTime() + sessionTtlS * 1000)
      }
      await sessions?.create(session)
      const token = sign({ ...session, sessionId: session.id, issuedAt: createdAt })
      return { token, session }
    }
  }
}
