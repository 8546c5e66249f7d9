// `npm test`: sets up what is missing, then types, lint and every test; ends with the sums.
//   npm test                     everything
//   npm test -- packages/auth    types and tests of these packages only
import { spawn } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './pnpm.mjs'
import { setUp } from './set-up.mjs'

const TOTALS =
  /^\s*# \{ total: (\d+)(?:, pass: (\d+))?(?:, fail: (\d+))?(?:, skip: (\d+))?(?:, todo: (\d+))? \}/
const sums = { passed: 0, failed: 0, skipped: 0 }

/** Runs a program, prints what it prints, and answers its code and its last 64 kB of output. */
function runTee(command, parameters, cwd) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, parameters, { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
    let tail = ''
    for (const [from, to] of [
      [child.stdout, process.stdout],
      [child.stderr, process.stderr]
    ]) {
      from.setEncoding('utf8')
      from.on('data', (text) => {
        tail = (tail + text).slice(-65_536)
        to.write(text)
      })
    }
    child.once('error', reject)
    child.once('close', (code) => resolve({ code: code ?? 1, tail }))
  })
}

async function checkStep(name, command, parameters, cwd = root) {
  console.log(`\n== ${name}`)
  const { code } = await runTee(command, parameters, cwd)
  if (code === 0) sums.passed += 1
  else sums.failed += 1
}

async function testStep(folder) {
  console.log(`\n== tests of ${folder}`)
  const bin = join(root, folder, 'node_modules/.bin/tap')
  const { code, tail } = await runTee(bin, ['--reporter=terse'], join(root, folder))
  const line = tail.split('\n').findLast((text) => TOTALS.test(text))
  if (!line) {
    console.log(`${folder}: no test result was found`)
    sums.failed += 1
    return
  }
  const [, , passed, failed, skipped, todo] = TOTALS.exec(line).map((text) => Number(text ?? 0))
  sums.passed += passed
  sums.skipped += skipped + todo
  // A run that failed without a failed assertion (a crash, a time-out) counts as one.
  sums.failed += failed > 0 ? failed : code === 0 ? 0 : 1
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
if (asked.length === 0) {
  await checkStep('lint', join(root, 'node_modules/.bin/biome'), ['ci', '--error-on-warnings', '.'])
}
for (const folder of folders) {
  const tsc = join(root, folder, 'node_modules/.bin/tsc')
  await checkStep(`types of ${folder}`, tsc, ['--noEmit'], join(root, folder))
}
for (const folder of folders) await testStep(folder)

console.log(`\n${Math.round((Date.now() - began) / 1000)} s`)
console.log(
  `${sums.passed} passed, ${sums.failed} failed${sums.skipped > 0 ? `, ${sums.skipped} skipped` : ''}`
)
process.exitCode = sums.failed > 0 ? 1 : 0
