import { randomBytes } from 'node:crypto'
import type { Role } from '@scheduler-task/auth/roles'
import type { PasswordHashing } from './password-hash.ts'

/** `passwordFrom` says who chose the password: ADMIN_PASSWORD, this program, or a person. */
export type StoredUser = {
  name: string
  passwordHash: string
  passwordFrom: 'environment' | 'generated' | 'person'
  /** Sessions made before this moment do not count. */
  passwordSetAt?: Date
  roles: readonly Role[]
}

/** Keeps users, and the password that was generated for the first of them. Other processes may change it at any time. */
export type UserStore = {
  find(name: string): Promise<StoredUser | undefined>
  list(): Promise<StoredUser[]>
  /** Durable once it resolves. */
  put(user: StoredUser): Promise<void>
  /** Durable once it resolves. False when there was none. */
  remove(name: string): Promise<boolean>
  /**
   * From when on sessions count, by the name of their user: those of before the password was set, or the user removed,
   * do not. `version` is another text when something may have changed.
   */
  sessionsSince(): Promise<{ version: string; since: ReadonlyMap<string, Date> }>
  generatedPassword(): Promise<string | undefined>
  keepGeneratedPassword(password: string): Promise<void>
}

export const ADMIN = 'admin'

/**
 * Makes sure that there is a user `admin`: with ADMIN_PASSWORD where that is set (also when it was another one before),
 * else with a generated password, unless a person has chosen one since, or has put another admin in its place.
 * Answers the generated password while it counts, to be told at each start.
 */
export async function ensureAdmin(
  users: UserStore,
  passwords: PasswordHashing,
  adminPassword: string | undefined
): Promise<string | undefined> {
  const admin = await users.find(ADMIN)
  const setPassword = async (password: string, passwordFrom: StoredUser['passwordFrom']) =>
    users.put({
      name: ADMIN,
      roles: admin?.roles ?? ['admin'],
      passwordHash: await passwords.hash(password),
      passwordFrom,
      passwordSetAt: new Date()
    })

  if (adminPassword !== undefined) {
    const holds =
      admin?.passwordFrom === 'environment' &&
      (await passwords.matches(adminPassword, admin.passwordHash))
    if (!holds) await setPassword(adminPassword, 'environment')
    return undefined
  }
  if (admin?.passwordFrom === 'person') return undefined
  if (!admin && (await users.list()).some(isAdmin)) return undefined

  const kept = await users.generatedPassword()
  if (kept !== undefined && admin?.passwordFrom === 'generated') return kept
  const password = kept ?? randomBytes(15).toString('base64url')
  // The password first: after a crash between the two it is taken up again.
  if (kept === undefined) await users.keepGeneratedPassword(password)
  await setPassword(password, 'generated')
  return password
}

export function isAdmin({ roles }: Pick<StoredUser, 'roles'>): boolean {
  return roles.includes('admin')
}
