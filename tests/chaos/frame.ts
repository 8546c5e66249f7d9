import { setMaxListeners } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Checks, createChecks } from './checks.ts'
import { createRandom, type Random } from './random.ts'

/** How much of it; each scenario has its own defaults. */
export type Amount = Readonly<{ kills?: number; jobs?: number; minutes?: number }>

/** What a scenario works with. */
export interface Frame {
  readonly amount: Amount
  readonly random: Random
  readonly checks: Checks
  /** Aborted when the run is to end at once, and when it is over: whoever still works then stops. */
  readonly signal: AbortSignal
  /** Everything of the run lies below; removed at its end. */
  readonly directory: string
  print: (line: string) => void
  /** To be done at the end of the run, the last one first, whatever happened. */
  atEnd: (end: () => void | Promise<void>) => void
}

/**
 * One way to make the system suffer. A file in `scenarios/` that exports `scenario` is a scenario, under the file's name.
 */
export interface Scenario {
  /** One line for the usage. */
  readonly about: string
  /** How much in CI; without it CI leaves the scenario out. */
  readonly inCi?: Amount
  /** Answers the figures of the last line. What is wrong is told to `frame.checks`. */
  run: (frame: Frame) => Promise<string>
}

export type Finished = Readonly<{ passed: number; failed: number }>

/** Runs a scenario and ends everything that it started; prints what was wrong, with the seed, and the figures. */
export async function runScenario(
  name: string,
  scenario: Scenario,
  options: Readonly<{ amount: Amount; seed: string; signal: AbortSignal; keep: boolean }>
): Promise<Finished> {
  const began = Date.now()
  const { amount, seed, keep } = options
  const over = new AbortController()
  const signal = AbortSignal.any([options.signal, over.signal])
  setMaxListeners(0, signal)
  const seconds = () => ((Date.now() - began) / 1000).toFixed(1).padStart(6)
  const print = (line: string) => console.log(`${seconds()} ${name}: ${line}`)
  const checks = createChecks(print)
  const directory = await mkdtemp(join(tmpdir(), `chaos-${name}-`))
  const ends: (() => void | Promise<void>)[] = []
  if (!keep) ends.push(() => rm(directory, { recursive: true, force: true, maxRetries: 5 }))
  const random = createRandom(`${name}/${seed}`)
  const atEnd: Frame['atEnd'] = (end) => void ends.push(end)
  print(`seed ${seed}${keep ? `, in ${directory}` : ''}`)
  let figures = 'it was not carried out'
  try {
    const frame: Frame = { amount, random, checks, signal, directory, print, atEnd }
    figures = await scenario.run(frame)
  } catch (error) {
    checks.holds(false, `the run broke off: ${error instanceof Error ? error.stack : error}`)
  }
  over.abort()
  for (const end of ends.reverse()) {
    try {
      await end()
    } catch (error) {
      checks.holds(false, `the end of the run met an error: ${error}`)
    }
  }
  const failed = checks.failures.length
  if (failed > 0) {
    print(
      `${failed} wrong; again with: npm run chaos -- ${name} ${againWith(amount)}--seed ${seed}`
    )
  }
  console.log(figures)
  return { passed: checks.passed, failed }
}

function againWith(amount: Amount): string {
  return Object.entries(amount)
    .map(([option, value]) => `--${option} ${value} `)
    .join('')
}
