import { access } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { UserProblem } from '../domain/manage-users.ts'

/**
 * The folder of `users.json`: `given` whether it is there or not, else where a gateway has already made one below
 * `dataDir`: all-in-one keeps its gateway's state in a folder of its own.
 * @throws UserProblem when there is none
 */
export async function findUserFolder(
  given: string | undefined,
  dataDir: string | undefined
): Promise<string> {
  if (given) return resolve(given)
  const base = resolve(dataDir || './data')
  for (const folder of [join(base, 'gateway'), base]) {
    if (await isThere(join(folder, 'users.json'))) return folder
  }
  throw new UserProblem(
    `no users.json in ${base} nor in its folder gateway: start the gateway once, or name the folder by --data-dir`
  )
}

async function isThere(path: string): Promise<boolean> {
  try {
    await access(path)
    return true
  } catch {
    return false
  }
}
