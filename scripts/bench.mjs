// `npm run bench -- executor [--quick] [--part live]… [--json FILE]`: figures of the product, each against its goal.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { root } from './pnpm.mjs'
import { setUp } from './set-up.mjs'

await setUp()
const child = spawn(
  process.execPath,
  [
    '--import=tsx',
    '--conditions=@scheduler-task/source',
    join(root, 'tests/bench/cli.ts'),
    ...process.argv.slice(2)
  ],
  { cwd: join(root, 'tests'), stdio: 'inherit' }
)
child.once('close', (code) => {
  process.exitCode = code ?? 1
})
