// `npm run test:engines`: the product on the real engines, driven over HTTP. Ends with the sums. Engines that did not
// run before are stopped afterwards.
import { runTap } from '../run-tap.mjs'
import { setUp } from '../set-up.mjs'
import { sumsText } from '../tap-totals.mjs'
import { importSource } from './source.mjs'

let sums = { passed: 0, failed: 1, skipped: 0 }
try {
  await setUp()
  const { up, down } = await importSource('engines.ts')
  const engines = await up(process.env, (line) => console.log(line))
  try {
    sums = await runTap('--reporter=terse', '--jobs=1', '--timeout=900', 'engines/*.test.ts')
  } finally {
    if (engines.started) await down(process.env, false)
  }
} catch (error) {
  console.error(error.message)
}
console.log(sumsText(sums))
process.exitCode = sums.failed > 0 ? 1 : 0
