import { createHash } from 'node:crypto'
import { claimsOf, mintToken } from '@scheduler-task/auth/test-support/mint-token'
import type { App } from '@scheduler-task/service-base/create-app'
import { loadConfig } from '@scheduler-task/service-base/load-config'
import { lastingDirectory } from '@scheduler-task/test-support/lasting-directory'
import type { Test } from 'tap'
import { openEmbeddedState } from '../../src/adapters/embedded-state.ts'
import type { OpenedUsers } from '../../src/adapters/user-file.ts'
import { buildApp, type Replacements } from '../../src/app.ts'
import { type Config, environment } from '../../src/config.ts'
import type { PasswordHashing } from '../../src/domain/password-hash.ts'
import type { SessionStore } from '../../src/domain/session-store.ts'
import type { StoredUser, UserStore } from '../../src/domain/users.ts'

export const SECRET = 'a signing key of a test, long enough'

/** The configuration that the process would have with these variables. */
export function testConfig(variables: Record<string, string> = {}): Config {
  return loadConfig(environment, {
    PORT: '0',
    LOG_LEVEL: 'silent',
    JWT_SECRET: SECRET,
    ...variables
  })
}

export type RunningGateway = {
  url: string
  port: number
  app: App
  sessions: SessionStore
  /** A token of a session that is alive. */
  token: string
}

/** A listening gateway with embedded sessions, two users (`admin`/`admin`, `reader`/`reader`), and one session. */
export async function startGateway(
  t: Test,
  variables: Record<string, string> = {},
  replacements: Replacements = {}
): Promise<RunningGateway> {
  const config = testConfig({ DATA_DIR: lastingDirectory(t), ...variables })
  const sessions = replacements.sessions ?? (await openEmbeddedState(config.DATA_DIR)).sessions
  const app = await buildApp(config, {
    sessions,
    users: knownUsers(),
    ...replacements
  })
  t.teardown(() => app.close())
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  return { url, port: Number(new URL(url).port), app, sessions, token: await openSession(sessions) }
}

/** A token of a session made now. */
export async function openSession(
  sessions: SessionStore,
  { id = 'session-1', name = 'zhangsan', roles = ['operator'] as StoredUser['roles'] } = {}
): Promise<string> {
  const createdAt = new Date()
  const expiresAt = new Date(createdAt.getTime() + 3_600_000)
  await sessions.create({ id, name, roles, createdAt, expiresAt })
  return mintToken(SECRET, claimsOf(id, { sub: name }))
}

/** Users in memory, with a quick hash in place of scrypt, which has tests of its own. */
export function knownUsers(): OpenedUsers {
  const digest = (text: string) => createHash('sha256').update(text).digest('hex')
  const passwords: PasswordHashing = {
    hash: async (password) => digest(password),
    matches: async (password, hash) => digest(password) === hash
  }
  const user = (name: string, role: 'admin' | 'viewer'): StoredUser => ({
    name,
    roles: [role],
    passwordHash: digest(name),
    passwordFrom: 'person'
  })
  return {
    passwords,
    generatedAdminPassword: undefined,
    store: usersInMemory([user('admin', 'admin'), user('reader', 'viewer')])
  }
}

/** Users that no other process changes. */
export function usersInMemory(known: StoredUser[]): UserStore {
  const users = new Map(known.map((user) => [user.name, user]))
  return {
    find: async (name) => users.get(name),
    list: async () => [...users.values()],
    put: async (user) => void users.set(user.name, user),
    remove: async (name) => users.delete(name),
    sessionsSince: async () => ({ version: '', since: new Map() }),
    generatedPassword: async () => undefined,
    keepGeneratedPassword: async () => {}
  }
}
