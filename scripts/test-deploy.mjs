// `npm run test:deploy`: what docker-compose.yml, the Dockerfile and the systemd units say, by the tools that read them.
// Needs Go, Python 3 with pip, and systemd-analyze; what is missing is a failure. Ends with the sums.
import { runTap } from './run-tap.mjs'
import { setUp } from './set-up.mjs'
import { sumsText } from './tap-totals.mjs'

let sums = { passed: 0, failed: 1, skipped: 0 }
try {
  await setUp()
  sums = await runTap('--reporter=terse', 'deploy/*.test.ts')
} catch (error) {
  console.error(error.message)
}
console.log(sumsText(sums))
process.exitCode = sums.failed > 0 ? 1 : 0
