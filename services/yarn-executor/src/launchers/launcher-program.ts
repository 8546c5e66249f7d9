import { constants } from 'node:fs'
import { access, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type HomeVariable,
  homeOf,
  type Installation,
  MissingHome,
  PLAIN_PATH
} from './launcher-profile.ts'

/**
 * The real path of `bin/<name>` in the home that a variable names: through a link the scripts compute the wrong
 * directory (waterdrop.md §1.8).
 * @throws MissingHome naming the variable when it cannot be used
 */
export async function findProgram(
  installation: Installation,
  variable: HomeVariable,
  { name, what, run = false }: Readonly<{ name: string; what: string; run?: boolean }>
): Promise<string> {
  const path = join(homeOf(installation, variable, what), 'bin', name)
  const found = await realpath(path).catch(() => undefined)
  if (!found) throw new MissingHome(variable, `there is no ${path}`)
  if (!PLAIN_PATH.test(found)) {
    const problem = `${found} has blanks or shell characters, which the scripts cannot cope with`
    throw new MissingHome(variable, problem)
  }
  const mode = run ? constants.R_OK | constants.X_OK : constants.R_OK
  await access(found, mode).catch(() => {
    throw new MissingHome(variable, `${found} cannot be ${run ? 'executed' : 'read'}`)
  })
  return found
}
