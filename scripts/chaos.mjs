// `npm run chaos -- SCENARIO`: kills and outages while clients work, and whether everything they were told is true.
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { root } from './pnpm.mjs'
import { setUp } from './set-up.mjs'

await setUp()
await import(pathToFileURL(join(root, 'tests/chaos/import-source.mjs')).href)
