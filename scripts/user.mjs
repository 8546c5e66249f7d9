// `npm run user -- add|remove|passwd NAME`: the users of the gateway.
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { root } from './pnpm.mjs'
import { setUp } from './set-up.mjs'

// What it has to say goes beside the program's own output.
const say = console.log
console.log = console.error
try {
  await setUp()
} catch (error) {
  console.error(`user: ${error.message}`)
  process.exit(1)
}
console.log = say
await import(pathToFileURL(join(root, 'gateway/dist/user.js')).href)
