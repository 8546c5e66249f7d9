import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { root } from './pnpm.mjs'
import { tapTotals } from './tap-totals.mjs'

/** Runs tap in the tests package, shows what it says, and answers its sums. */
export async function runTap(...parameters) {
  const tests = join(root, 'tests')
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
