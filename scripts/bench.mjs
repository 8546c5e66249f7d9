// `npm run bench -- executor|gateway|logs|check [--quick] [--part NAME]… [--json FILE]`: figures of the product, each against its goal.
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
// It ends what it has started, and then itself.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal))
child.once('close', (code) => {
  process.exitCode = code ?? 1
})
