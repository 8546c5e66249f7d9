import { mkdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { ROLES } from '@scheduler-task/auth/roles'
import { z } from 'zod'
import { createPasswordHashing, type PasswordHashing } from '../domain/password-hash.ts'
import { ensureAdmin, type StoredUser, type UserStore } from '../domain/users.ts'
import { readPrivateFile, writePrivateFile } from './private-file.ts'

/** How long another process may take to write its change. */
const LOCK_LIMIT_MS = 5000
const LOCK_RETRY_MS = 20
/** Removed users whose sessions are still known to have ended. */
const MOST_REMOVED = 1000

const userFile = z.strictObject({
  users: z.array(
    z.strictObject({
      name: z.string().min(1),
      passwordHash: z.string(),
      passwordFrom: z.enum(['environment', 'generated', 'person']),
      passwordSetAt: z.iso.datetime().optional(),
      roles: z.array(z.enum(ROLES)).min(1)
    })
  ),
  removed: z.array(z.strictObject({ name: z.string(), at: z.iso.datetime() })).optional()
})
type UserFile = z.output<typeof userFile>

export type OpenedUsers = {
  store: UserStore
  passwords: PasswordHashing
  /** The password of `admin` while it is a generated one; to be told at each start. */
  generatedAdminPassword: string | undefined
}

/** Opens the users below `dataDir` and makes sure that there is an `admin`. */
export async function openUsers(
  dataDir: string,
  adminPassword: string | undefined
): Promise<OpenedUsers> {
  const store = await openUserFile(dataDir)
  const passwords = createPasswordHashing()
  const generatedAdminPassword = await ensureAdmin(store, passwords, adminPassword)
  return { store, passwords, generatedAdminPassword }
}

/**
 * Users in `users.json` below `dataDir`, with scrypt hashes; a generated password stands beside it in `admin-password`.
 * Both are mode 0600. Other processes may change the file: each question is answered as it is now. A file that has
 * become unreadable, or is gone, leaves the users as they were.
 * @throws Error when the file is there and cannot be understood: it is never overwritten then.
 */
export async function openUserFile(dataDir: string): Promise<UserStore> {
  const path = join(dataDir, 'users.json')
  const passwordPath = join(dataDir, 'admin-password')
  let version = await versionOf(path)
  let content = await readUsers(path)

  async function refresh(): Promise<void> {
    const now = await versionOf(path)
    if (now === version) return
    const read = await readUsers(path).catch(() => undefined)
    if (read && now !== NO_FILE) content = read
    version = now
  }

  /** One change at a time, whichever process makes it, on top of what is in the file. */
  async function change(make: (before: UserFile) => UserFile): Promise<void> {
    const release = await lockUsers(path)
    try {
      const next = make(await readUsers(path))
      await writePrivateFile(path, `${JSON.stringify(next, undefined, 2)}\n`)
      content = next
      version = await versionOf(path)
    } finally {
      release()
    }
  }

  const userOf = ({ passwordSetAt, ...user }: UserFile['users'][number]): StoredUser => ({
    ...user,
    ...(passwordSetAt ? { passwordSetAt: new Date(passwordSetAt) } : {})
  })

  return {
    async find(name) {
      await refresh()
      const found = content.users.find((user) => user.name === name)
      return found && userOf(found)
    },
    async list() {
      await refresh()
      return content.users.map(userOf)
    },
    put: ({ passwordSetAt, ...user }) =>
      change(({ users, ...rest }) => {
        const stored = {
          ...user,
          roles: [...user.roles],
          ...(passwordSetAt ? { passwordSetAt: passwordSetAt.toISOString() } : {})
        }
        const isNew = !users.some(({ name }) => name === user.name)
        const kept = users.map((other) => (other.name === user.name ? stored : other))
        return { ...rest, users: isNew ? [...users, stored] : kept }
      }),
    async remove(name) {
      let found = false
      await change(({ users, removed = [] }) => {
        found = users.some((user) => user.name === name)
        if (!found) return { users, removed }
        const others = removed.filter((user) => user.name !== name)
        return {
          users: users.filter((user) => user.name !== name),
          removed: [...others, { name, at: new Date().toISOString() }].slice(-MOST_REMOVED)
        }
      })
      return found
    },
    async sessionsSince() {
      await refresh()
      const since = new Map<string, Date>()
      for (const { name, at } of content.removed ?? []) since.set(name, new Date(at))
      for (const { name, passwordSetAt } of content.users) {
        if (passwordSetAt) since.set(name, new Date(passwordSetAt))
      }
      return { version, since }
    },
    generatedPassword: async () => (await readPrivateFile(passwordPath))?.trim() || undefined,
    keepGeneratedPassword: (password) => writePrivateFile(passwordPath, `${password}\n`)
  }
}

const NO_FILE = 'none'

/** Another text whenever the file is another one; it is replaced, never written to. */
async function versionOf(path: string): Promise<string> {
  try {
    const { ino, mtimeNs, size } = await stat(path, { bigint: true })
    return `${ino}-${mtimeNs}-${size}`
  } catch {
    return NO_FILE
  }
}

async function readUsers(path: string): Promise<UserFile> {
  const text = await readPrivateFile(path)
  if (text === undefined) return { users: [] }
  try {
    return userFile.parse(JSON.parse(text))
  } catch (cause) {
    throw new Error(`${path} is no users file; mend it, or remove it to begin anew`, { cause })
  }
}

async function lockUsers(path: string): Promise<() => void> {
  // Loaded only here: few processes ever change users.
  const { FileInUse, takeFileLock } = await import('@scheduler-task/file-lock/file-lock')
  await mkdir(join(path, '..'), { recursive: true, mode: 0o700 })
  const endsAt = performance.now() + LOCK_LIMIT_MS
  for (;;) {
    try {
      return takeFileLock(path).release
    } catch (error) {
      if (!(error instanceof FileInUse) || performance.now() > endsAt) throw error
      await pause(LOCK_RETRY_MS)
    }
  }
}
