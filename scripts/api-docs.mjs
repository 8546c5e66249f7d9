// `npm run docs:api` runs every call of the interface and writes docs/api-v1.md with what came back.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { root } from './pnpm.mjs'
import { setUp } from './set-up.mjs'

await setUp()
const tests = join(root, 'tests')
const { status } = spawnSync(
  process.execPath,
  ['--import=tsx', '--conditions=@scheduler-task/source', 'conformance/api-document.test.ts'],
  {
    cwd: tests,
    stdio: 'inherit',
    env: { ...process.env, WRITE_API_DOCUMENT: '1', TAP_TIMEOUT: '600' }
  }
)
process.exitCode = status ?? 1
