// Makes the TypeScript below tests/engines importable, with the compiler that the tests package has.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { root } from '../pnpm.mjs'
import { setUp } from '../set-up.mjs'

/** Imports `tests/engines/<name>`; sets the project up before, when it never has been. */
export async function importSource(name) {
  if (!existsSync(join(root, 'tests/node_modules/tsx'))) await setUp()
  const loader = await import(pathToFileURL(join(root, 'tests/engines/import-source.mjs')).href)
  return await loader.importSource(name)
}
