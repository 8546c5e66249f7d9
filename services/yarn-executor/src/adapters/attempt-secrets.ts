import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type LaunchSettings, NO_SETTINGS } from '../domain/launching.ts'
import { allSecrets } from '../domain/secret-masking.ts'
import type { AttemptDirectory } from './attempt-directory.ts'
import { undefinedIfMissing } from './log-file-parts.ts'

export const SETTINGS_FILE = 'settings.json'

/**
 * What must not be shown of what an attempt prints: the secrets in its config, in what came beside it, and in its
 * environment. Rejects when that cannot be read for now: nothing is shown unmasked.
 */
export async function attemptSecrets(
  { path }: Pick<AttemptDirectory, 'path'>,
  environment: Readonly<Record<string, string>>
): Promise<readonly string[]> {
  const read = async (name: string) =>
    (await readFile(join(path, name), 'utf8').catch(undefinedIfMissing)) ?? ''
  const [config, settings] = await Promise.all([read('config'), read(SETTINGS_FILE)])
  return allSecrets(
    config,
    settings === '' ? NO_SETTINGS : (JSON.parse(settings) as LaunchSettings),
    environment
  )
}
