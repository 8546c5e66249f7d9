// `npm test`: sets up what is missing, then types, lint and every test; ends with the sums.
//   npm test                     everything
//   npm test -- packages/auth    types and tests of these packages only
import { spawn } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { root } from './pnpm.mjs'
import { setUp } from './set-up.mjs'
import { sumsText, tapTotals } from './tap-totals.mjs'

const sums = { passed: 0, failed: 0, skipped: 0 }

/** As many steps at once as there are cores; the longest first, so that none is left alone at the end. */
const AT_ONCE = Math.min(4, availableParallelism())
const LONGEST_FIRST = [
  'packages/sandbox',
  'services/yarn-executor',
  'gateway',
  'services/file-service',
  'tests'
]

/** Runs a program and answers its code and what it printed (the last 4 MB), in the order in which it came. */
function capture(command, parameters, cwd) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, parameters, { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        output = (output + text).slice(-4_194_304)
      })
    }
    child.once('error', reject)
    child.once('close', (code) => resolve({ code: code ?? 1, output }))
  })
}

/** A step prints all it has to say at once, when it is over. */
async function step(name, command, parameters, cwd, count) {
  const began = Date.now()
  const { code, output } = await capture(command, parameters, cwd)
  const seconds = ((Date.now() - began) / 1000).toFixed(1)
  const counted = count(code, output)
  for (const kind of Object.keys(sums)) sums[kind] += counted[kind]
  console.log(`== ${name}: ${sumsText(counted)} (${seconds} s)`)
  // What was skipped says why; what failed says how.
  if (counted.failed > 0 || counted.skipped > 0) console.log(output)
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

function stepsOf(folder) {
  const cwd = join(root, folder)
  const bin = (name) => join(cwd, 'node_modules/.bin', name)
  return {
    types: () => step(`types of ${folder}`, bin('tsc'), ['--noEmit'], cwd, byCode),
    tests: () =>
      step(`tests of ${folder}`, bin('tap'), ['--reporter=tap', '--jobs=1'], cwd, tapTotals)
  }
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
const sorted = folders.sort((a, b) => rank(a) - rank(b)).map(stepsOf)
const biome = join(root, 'node_modules/.bin/biome')
const lint = () => step('lint', biome, ['ci', '--error-on-warnings', '.'], root, byCode)
await runAll([
  ...(asked.length === 0 ? [lint] : []),
  ...sorted.map(({ tests }) => tests),
  ...sorted.map(({ types }) => types)
])

console.log(`\n${Math.round((Date.now() - began) / 1000)} s`)
console.log(sumsText(sums))
process.exitCode = sums.failed > 0 ? 1 : 0
