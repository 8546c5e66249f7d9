import { atLeast } from '@scheduler-task/auth/roles'
import type { User } from '@scheduler-task/auth/user'
import { adminsOnly, noSuchSession } from '../errors.ts'
import type { Session, SessionStore } from './session-store.ts'

/** Which sessions are meant: those of one user (by default of whoever asks), or all. */
export type Whose = { user?: string | undefined; all?: boolean | undefined }

/** Sessions made here, for those who may see and end them: everybody their own, admins all. */
export type UserSessions = {
  /** @throws Refusal 403 */
  list(asking: User, whose: Whose): Promise<Session[]>
  /** @throws Refusal 404, also for a session that is somebody else's */
  end(asking: User, sessionId: string): Promise<void>
  /** Answers how many were ended. @throws Refusal 403 */
  endAll(asking: User, whose: Whose): Promise<number>
}

export function createUserSessions(sessions: SessionStore): UserSessions {
  async function list(asking: User, { user = asking.name, all = false }: Whose) {
    if ((all || user !== asking.name) && !isAdmin(asking)) throw adminsOnly()
    return (await sessions.list()).filter(({ name }) => all || name === user)
  }
  return {
    list,
    async end(asking, sessionId) {
      const session = await sessions.get(sessionId)
      // One's own may have been made by another system.
      const isMine = sessionId === asking.sessionId || session?.name === asking.name
      if (!isMine && !(session && isAdmin(asking))) throw noSuchSession()
      if (!(await sessions.remove(sessionId))) throw noSuchSession()
    },
    async endAll(asking, whose) {
      let ended = 0
      for (const { id } of await list(asking, whose)) if (await sessions.remove(id)) ended += 1
      return ended
    }
  }
}

function isAdmin({ roles }: User): boolean {
  return atLeast('admin', roles)
}
