// `npm run test:security`: attacks on the product as processes: gateway, services, Redis, stand-ins for YARN and Azkaban.
// Needs redis-server, and Python 3 with pip; what is missing is a failure. Ends with the sums.
//   npm run test:security -- tokens paths    these files of tests/security only
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './pnpm.mjs'
import { setUp } from './set-up.mjs'
import { sumsText } from './tap-totals.mjs'
import { runTestFile } from './test-files.mjs'

process.env.CI = 'true'
const began = Date.now()
const sums = { passed: 0, failed: 0, skipped: 0 }
const asked = process.argv.slice(2)
try {
  await setUp()
  const names = readdirSync(join(root, 'tests/security'))
    .filter((name) => name.endsWith('.test.ts'))
    .filter((name) => asked.length === 0 || asked.includes(name.replace('.test.ts', '')))
  if (names.length === 0) throw new Error(`no such file: ${asked.join(', ')}`)
  for (const name of names) {
    const { counted, output, seconds } = await runTestFile('tests', join('security', name))
    for (const kind of Object.keys(sums)) sums[kind] += counted[kind]
    console.log(`== ${name}: ${sumsText(counted)} (${seconds.toFixed(1)} s)`)
    const remarks = output.split('\n').filter((line) => /^ {4}(?: {4})*# (?!Subtest)/.test(line))
    console.log(counted.failed > 0 ? output : remarks.join('\n'))
  }
} catch (error) {
  console.error(error.message)
  sums.failed += 1
}
console.log(`\n${Math.round((Date.now() - began) / 1000)} s`)
console.log(sumsText(sums))
process.exitCode = sums.failed > 0 ? 1 : 0
