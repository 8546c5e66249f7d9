// `npm run test:engines`: the product on the real engines, driven over HTTP. Ends with the sums. Engines that did not
// run before are stopped afterwards.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { root } from '../pnpm.mjs'
import { setUp } from '../set-up.mjs'
import { sumsText, tapTotals } from '../tap-totals.mjs'
import { importSource } from './source.mjs'

/** Runs tap on `tests/engines`, shows what it says, and answers its sums. */
async function runTests() {
  const tests = join(root, 'tests')
  const parameters = ['--reporter=terse', '--jobs=1', '--timeout=900', 'engines/*.test.ts']
  const child = spawn(join(tests, 'node_modules/.bin/tap'), parameters, {
    cwd: tests,
    stdio: ['ignore', 'pipe', 'inherit']
  })
  let tail = ''
  child.stdout.setEncoding('utf8').on('data', (text) => {
    process.stdout.write(text)
    tail = (tail + text).slice(-65_536)
  })
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  return tapTotals(code ?? 1, tail)
}

let sums = { passed: 0, failed: 1, skipped: 0 }
try {
  await setUp()
  const { up, down } = await importSource('engines.ts')
  const engines = await up(process.env, (line) => console.log(line))
  try {
    sums = await runTests()
  } finally {
    if (engines.started) await down(process.env, false)
  }
} catch (error) {
  console.error(error.message)
}
console.log(sumsText(sums))
process.exitCode = sums.failed > 0 ? 1 : 0
