// `npm run test:engines`: the product on the real engines, driven over HTTP. Ends with the sums. Engines that did not
// run before are stopped afterwards. `-- --long` does more of everything.
import { parseArgs } from 'node:util'
import { runTap } from '../run-tap.mjs'
import { setUp } from '../set-up.mjs'
import { sumsText } from '../tap-totals.mjs'
import { importSource } from './source.mjs'

const LIMITS = { short: '--timeout=900', long: '--timeout=3600' }

let sums = { passed: 0, failed: 1, skipped: 0 }
try {
  const { values } = parseArgs({ options: { long: { type: 'boolean', default: false } } })
  await setUp()
  const { up, down } = await importSource('engines.ts')
  const engines = await up(process.env, (line) => console.log(line))
  if (values.long) process.env.ENGINES_LONG = '1'
  const files = ['engines/*.test.ts', ...(values.long ? ['engines/long/*.test.ts'] : [])]
  const limit = values.long ? LIMITS.long : LIMITS.short
  try {
    sums = await runTap('--reporter=terse', '--jobs=1', limit, ...files)
  } finally {
    if (engines.started) await down(process.env, false)
  }
} catch (error) {
  console.error(error.message)
}
console.log(sumsText(sums))
process.exitCode = sums.failed > 0 ? 1 : 0
