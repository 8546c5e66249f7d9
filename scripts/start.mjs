// `npm start`: sets up what is missing, then runs the whole product in this process.
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { root } from './pnpm.mjs'
import { setUp } from './set-up.mjs'

try {
  await setUp()
} catch (error) {
  console.error(`scheduler-task: ${error.message}`)
  process.exit(1)
}
await import(pathToFileURL(join(root, 'packages/all-in-one/dist/server.js')).href)
