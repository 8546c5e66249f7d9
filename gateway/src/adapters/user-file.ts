import { join } from 'node:path'
import { ROLES } from '@scheduler-task/auth/roles'
import { z } from 'zod'
import { createPasswordHashing, type PasswordHashing } from '../domain/password-hash.ts'
import { ensureAdmin, type UserStore } from '../domain/users.ts'
import { readPrivateFile, writePrivateFile } from './private-file.ts'

const userFile = z.strictObject({
  users: z.array(
    z.strictObject({
      name: z.string().min(1),
      passwordHash: z.string(),
      passwordFrom: z.enum(['environment', 'generated', 'person']),
      roles: z.array(z.enum(ROLES)).min(1)
    })
  )
})

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
 * Both are mode 0600.
 * @throws Error when the file is there and cannot be understood: it is never overwritten then.
 */
export async function openUserFile(dataDir: string): Promise<UserStore> {
  const path = join(dataDir, 'users.json')
  const passwordPath = join(dataDir, 'admin-password')
  const users = new Map((await readUsers(path)).map((user) => [user.name, user]))
  return {
    find: (name) => users.get(name),
    async put(user) {
      const all = new Map(users).set(user.name, { ...user, roles: [...user.roles] })
      await writePrivateFile(
        path,
        `${JSON.stringify({ users: [...all.values()] }, undefined, 2)}\n`
      )
      users.set(user.name, { ...user, roles: [...user.roles] })
    },
    generatedPassword: async () => (await readPrivateFile(passwordPath))?.trim() || undefined,
    keepGeneratedPassword: (password) => writePrivateFile(passwordPath, `${password}\n`)
  }
}

async function readUsers(path: string) {
  const text = await readPrivateFile(path)
  if (text === undefined) return []
  try {
    return userFile.parse(JSON.parse(text)).users
  } catch (cause) {
    throw new Error(`${path} is no users file; mend it, or remove it to begin anew`, { cause })
  }
}
