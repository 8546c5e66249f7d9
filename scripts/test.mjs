// `npm test`: sets up what is missing, then types, lint and every test; ends with the sums.
//   npm test                     everything
//   npm test -- packages/auth    types and tests of these packages only
import { existsSync, readdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { root } from './pnpm.mjs'
import { runProgram } from './run-program.mjs'
import { setUp } from './set-up.mjs'
import { sumsText } from './tap-totals.mjs'
import { runTestFile, testFilesOf } from './test-files.mjs'

const sums = { passed: 0, failed: 0, skipped: 0 }
/** How long each test file took. */
const times = []

/** As many steps at once as there are cores; the longest first, so that none is left alone at the end. */
const AT_ONCE = Math.min(4, availableParallelism())
const LONGEST_FIRST = [
  'packages/sandbox',
  'services/yarn-executor',
  'gateway',
  'services/file-service',
  'tests'
]

/** A step prints all it has to say at once, when it is over. */
function report(name, seconds, counted, output) {
  for (const kind of Object.keys(sums)) sums[kind] += counted[kind]
  console.log(`== ${name}: ${sumsText(counted)} (${seconds.toFixed(1)} s)`)
  // What was skipped says why; what failed says how.
  if (counted.failed > 0 || counted.skipped > 0) console.log(output)
}

async function check(name, command, parameters, cwd) {
  const { code, output, seconds } = await runProgram(command, parameters, { cwd })
  report(name, seconds, byCode(code), output)
}

const byCode = (code) => ({ passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0 })

/** Runs the steps, a few at a time. */
async function runAll(steps) {
  const waiting = [...steps]
  const worker = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) await next()
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
}

function bin(folder, name) {
  return join(root, folder, 'node_modules/.bin', name)
}

function typesOf(folder) {
  return () => check(`types of ${folder}`, bin(folder, 'tsc'), ['--noEmit'], join(root, folder))
}

/** One step a file; the last one reports for the package. The seconds are those of all its files. */
function testsOf(folder) {
  const files = testFilesOf(folder)
  if (files.length === 0) return [() => report(`tests of ${folder}`, 0, byCode(1), 'no test files')]
  const total = { passed: 0, failed: 0, skipped: 0 }
  const remarkable = []
  let seconds = 0
  let left = files.length
  return files.map((file) => async () => {
    const ran = await runTestFile(folder, file)
    times.push({ name: join(folder, file), seconds: ran.seconds })
    seconds += ran.seconds
    for (const kind of Object.keys(total)) total[kind] += ran.counted[kind]
    if (ran.counted.failed > 0 || ran.counted.skipped > 0) {
      remarkable.push(`-- ${file}\n${ran.output}`)
    }
    left -= 1
    if (left === 0) report(`tests of ${folder}`, seconds, total, remarkable.join('\n'))
  })
}

function foldersWithTests() {
  const inside = (folder) => readdirSync(join(root, folder)).map((name) => `${folder}/${name}`)
  return [...inside('packages'), ...inside('services'), 'gateway', 'tests'].filter((folder) =>
    existsSync(join(root, folder, 'package.json'))
  )
}

const began = Date.now()
const asked = process.argv.slice(2).map((folder) => folder.replace(/\/$/, ''))
const folders = foldersWithTests().filter((folder) => asked.length === 0 || asked.includes(folder))
if (asked.length > folders.length) {
  console.error(
    `no such package: ${asked.filter((folder) => !folders.includes(folder)).join(', ')}`
  )
  process.exit(1)
}
try {
  await setUp()
} catch (error) {
  console.error(`scheduler-task: ${error.message}`)
  console.log('0 passed, 1 failed')
  process.exit(1)
}
const rank = (folder) => {
  const at = LONGEST_FIRST.indexOf(folder)
  return at < 0 ? LONGEST_FIRST.length : at
}
const sorted = folders.sort((a, b) => rank(a) - rank(b))
const lint = () => check('lint', bin('.', 'biome'), ['ci', '--error-on-warnings', '.'], root)
await runAll([
  ...(asked.length === 0 ? [lint] : []),
  ...sorted.flatMap(testsOf),
  ...sorted.map(typesOf)
])

const slowest = times.sort((a, b) => b.seconds - a.seconds).slice(0, 5)
for (const { name, seconds } of slowest) console.log(`${seconds.toFixed(1).padStart(6)} s  ${name}`)
console.log(`\n${Math.round((Date.now() - began) / 1000)} s`)
console.log(sumsText(sums))
process.exitCode = sums.failed > 0 ? 1 : 0
