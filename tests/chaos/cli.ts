import { randomBytes } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { type Amount, type Finished, runScenario, type Scenario } from './frame.ts'

const SIDE_BY_SIDE = 2
const folder = new URL('scenarios/', import.meta.url)
const names = readdirSync(folder)
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.slice(0, -'.ts'.length))
  .sort()

async function scenarioOf(name: string): Promise<Scenario> {
  const { scenario } = (await import(new URL(`${name}.ts`, folder).href)) as { scenario: Scenario }
  return scenario
}

async function usage(): Promise<string> {
  const lines = [
    'npm run chaos -- SCENARIO [--kills N] [--jobs N] [--minutes M] [--seed S] [--keep]',
    'npm run chaos -- ci [--seed S]      all of them, shorter',
    ''
  ]
  for (const name of names) lines.push(`  ${name.padEnd(10)} ${(await scenarioOf(name)).about}`)
  return `${lines.join('\n')}\n\n--keep leaves the directory of the run with its logs\n`
}

/** @throws TypeError for what is no whole number above 0 */
function amountOf(values: Readonly<Record<string, unknown>>): Amount {
  const amount: Record<string, number> = {}
  for (const option of ['kills', 'jobs', 'minutes']) {
    const text = values[option]
    if (text === undefined) continue
    const value = Number(text)
    if (!Number.isInteger(value) || value < 1) throw new TypeError(`--${option} takes a number`)
    amount[option] = value
  }
  return amount
}

/** Two side by side: each waits more than it works. */
async function runAll(seed: string, signal: AbortSignal): Promise<Finished> {
  const all = await Promise.all(names.map(async (name) => [name, await scenarioOf(name)] as const))
  const waiting = all.filter(([, { inCi }]) => inCi)
  // The longest one first.
  waiting.sort(([, one], [, other]) => (other.inCi?.kills ?? 0) - (one.inCi?.kills ?? 0))
  const sums = { passed: 0, failed: 0 }
  const worker = async () => {
    for (let next = waiting.shift(); next && !signal.aborted; next = waiting.shift()) {
      const [name, scenario] = next
      const options = { amount: scenario.inCi ?? {}, seed, signal, keep: false }
      const { passed, failed } = await runScenario(name, scenario, options)
      sums.passed += passed
      sums.failed += failed
    }
  }
  await Promise.all(Array.from({ length: SIDE_BY_SIDE }, worker))
  if (signal.aborted) sums.failed += 1
  return sums
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      kills: { type: 'string' },
      jobs: { type: 'string' },
      minutes: { type: 'string' },
      seed: { type: 'string' },
      keep: { type: 'boolean' },
      help: { type: 'boolean' }
    }
  })
  const [name = '', ...others] = positionals
  const known = name === 'ci' || names.includes(name)
  if (values.help || !known || others.length > 0) {
    process.stdout.write(await usage())
    return values.help ? 0 : 2
  }
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => stop.abort(new Error(`ended by ${signal}`)))
  }
  const seed = values.seed ?? randomBytes(4).toString('hex')
  const { signal } = stop
  if (name === 'ci') {
    const { passed, failed } = await runAll(seed, signal)
    console.log(`${passed} passed, ${failed} failed`)
    return failed === 0 ? 0 : 1
  }
  const { failed } = await runScenario(name, await scenarioOf(name), {
    amount: amountOf(values),
    seed,
    signal,
    keep: values.keep === true
  })
  return failed === 0 ? 0 : 1
}

const code = await main().catch((error: Error) => {
  console.error(error.message)
  return 2
})
// At once: a client that still waits for something must not keep the run alive.
process.exit(code)
