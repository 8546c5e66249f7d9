// `npm run start:real`: the product on the real engines, which are started when they do not run. They go on afterwards.
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { root } from '../pnpm.mjs'
import { setUp } from '../set-up.mjs'
import { importSource } from './source.mjs'

try {
  await setUp()
  const { up } = await importSource('engines.ts')
  const engines = await up(process.env, (line) => console.log(line))
  console.log(
    `ResourceManager at ${engines.resourceManagerUrl}, Azkaban at ${engines.azkabanUrl}; to stop them: npm run engines -- down`
  )
  for (const [name, value] of Object.entries(engines.environment)) process.env[name] ||= value
} catch (error) {
  console.error(`scheduler-task: ${error.message}`)
  process.exit(1)
}
await import(pathToFileURL(join(root, 'packages/all-in-one/dist/server.js')).href)
