import type { Role } from '@scheduler-task/auth/roles'
import type { PasswordHashing } from './password-hash.ts'
import { isAdmin, type UserStore } from './users.ts'

/** Letters and digits of any script, then also `.`, `_`, `-`, `@`. */
const NAME = /^[\p{L}\p{N}][\p{L}\p{M}\p{N}._@-]{0,99}$/u
const SHORTEST_PASSWORD = 8
/** What a login takes at most. */
const LONGEST_PASSWORD = 1024

/** What was asked for cannot be done; the message says why. */
export class UserProblem extends Error {
  override readonly name = 'UserProblem'
}

type Parts = { users: UserStore; passwords: PasswordHashing }
/** Asked only once all else is well. */
type AskPassword = () => Promise<string>

/** @throws UserProblem */
export async function addUser(
  { users, passwords }: Parts,
  { name, role }: { name: string; role: Role },
  askPassword: AskPassword
): Promise<void> {
  if (!NAME.test(name) || name !== name.normalize('NFC')) {
    throw new UserProblem(
      'a name begins with a letter or digit and holds letters, digits, . _ - @, at most 100'
    )
  }
  if (await users.find(name)) throw new UserProblem(`there is a user ${name} already`)
  const passwordHash = await passwords.hash(checked(await askPassword()))
  await users.put({
    name,
    roles: [role],
    passwordHash,
    passwordFrom: 'person',
    passwordSetAt: new Date()
  })
}

/** @throws UserProblem */
export async function setPassword(
  { users, passwords }: Parts,
  name: string,
  askPassword: AskPassword
): Promise<void> {
  const user = await users.find(name)
  if (!user) throw noSuchUser(name)
  const passwordHash = await passwords.hash(checked(await askPassword()))
  await users.put({ ...user, passwordHash, passwordFrom: 'person', passwordSetAt: new Date() })
}

/** @throws UserProblem, also for the last admin */
export async function removeUser({ users }: Pick<Parts, 'users'>, name: string): Promise<void> {
  const all = await users.list()
  const user = all.find((one) => one.name === name)
  if (!user) throw noSuchUser(name)
  if (isAdmin(user) && all.filter(isAdmin).length === 1) {
    throw new UserProblem(`${name} is the last admin: add another one first`)
  }
  await users.remove(name)
}

const noSuchUser = (name: string) => new UserProblem(`there is no user ${name}`)

function checked(password: string): string {
  const { length } = [...password]
  if (length < SHORTEST_PASSWORD) {
    throw new UserProblem(`a password has at least ${SHORTEST_PASSWORD} characters`)
  }
  if (password.length > LONGEST_PASSWORD) {
    throw new UserProblem(`a password has at most ${LONGEST_PASSWORD} characters`)
  }
  return password
}
