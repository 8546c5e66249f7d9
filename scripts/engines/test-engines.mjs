// `npm run test:engines`: the product on the real engines, driven over HTTP. Ends with the sums. Engines that did not
// run before are stopped afterwards.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { root } from '../pnpm.mjs'
import { setUp } from '../set-up.mjs'
import { importSource } from './source.mjs'

const TOTALS = /^\s*# \{ total: (\d+)(?:, pass: (\d+))?(?:, fail: (\d+))?(?:, skip: (\d+))?/

/** Runs tap on `tests/engines`, shows what it says, and answers its exit code and its line of totals. */
async function runTests() {
  const tests = join(root, 'tests')
  const parameters = ['--reporter=terse', '--jobs=1', '--timeout=900', 'engines/*.test.ts']
  const child = spawn(join(tests, 'node_modules/.bin/tap'), parameters, {
    cwd: tests,
    stdio: ['ignore', 'pipe', 'inherit']
  })
  let totals
  let rest = ''
  child.stdout.setEncoding('utf8').on('data', (text) => {
    process.stdout.write(text)
    const lines = (rest + text).split('\n')
    rest = lines.pop()
    totals = lines.findLast((line) => TOTALS.test(line)) ?? totals
  })
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  const [, , passed, failed, skipped] = (TOTALS.exec(totals ?? '') ?? []).map((n) => Number(n ?? 0))
  return { passed: passed ?? 0, failed: failed || (code === 0 && totals ? 0 : 1), skipped }
}

let sums = { passed: 0, failed: 1 }
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
console.log(
  `${sums.passed} passed, ${sums.failed} failed${sums.skipped ? `, ${sums.skipped} skipped` : ''}`
)
process.exitCode = sums.failed > 0 ? 1 : 0
