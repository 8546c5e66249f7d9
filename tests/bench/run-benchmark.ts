import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import {
  type BenchContext,
  type Benchmark,
  Interrupted,
  type Part,
  type PartResult
} from './benchmark.ts'
import { load, machine } from './machine.ts'

export type RunOptions = Readonly<{
  quick: boolean
  /** Names of parts; all without it. */
  parts?: readonly string[]
  /** Where everything is written as JSON. */
  file?: string
  print: (line: string) => void
}>

/** No part is begun later: on a quiet machine it takes half of that. */
const LATEST_BEGIN_MS = { full: 10 * 60_000, quick: 60_000 }

/**
 * Runs a benchmark; the last line that it prints has all its figures. SIGINT and SIGTERM end it, and what it has started.
 * @throws Interrupted after such a signal, Lacking for what the machine has not, or what a part could not be run for
 */
export async function runBenchmark(benchmark: Benchmark, options: RunOptions): Promise<void> {
  const { name, parts } = benchmark
  const { quick, print } = options
  const asked = parts.filter(
    (part) => options.parts?.includes(part.name) ?? !(quick && part.onlyFull)
  )
  const where = machine()
  const before = load()
  print(
    `${name}: Node ${where.node}, ${where.cores} cores (${where.processor}), load ${before.join(' ')}${quick ? ', quick: the figures say little' : ''}`
  )
  const results: Record<string, PartResult & { seconds: number }> = {}
  const leftOut: string[] = []
  const { full, quick: inQuick } = benchmark.latestBeginMs ?? LATEST_BEGIN_MS
  const endsAt = performance.now() + (quick ? inQuick : full)
  for (const part of asked) {
    if (performance.now() > endsAt) {
      leftOut.push(part.name)
      print(`  ${part.name}: left out for want of time`)
      continue
    }
    const began = performance.now()
    const result = await runPart(part, options)
    results[part.name] = { ...result, seconds: (performance.now() - began) / 1000 }
    for (const line of result.lines) print(`  ${part.name}: ${line}`)
    for (const { goal, met, figure } of result.goals) {
      if (!met) print(`  ${part.name}: MISSED ${goal}: ${figure}`)
    }
  }
  const loads = { before, after: load() }
  const { file } = options
  if (file) {
    const all = { benchmark: name, quick, machine: where, loads, results, leftOut }
    await writeFile(file, `${JSON.stringify(all, null, 2)}\n`)
    print(`  everything: ${file}`)
  }
  const goals = Object.values(results).flatMap((one) => one.goals)
  const missed = goals.filter(({ met }) => !met)
  const summaries = Object.values(results).map(({ summary }) => summary)
  const verdict =
    missed.length === 0
      ? `all ${goals.length} goals met`
      : `missed ${missed.length} of ${goals.length} goals (${missed.map(({ goal }) => goal).join('; ')})`
  const missing = leftOut.length > 0 ? ` | left out: ${leftOut.join(', ')}` : ''
  print(`bench ${name}: ${summaries.join(' | ')}${missing} | ${verdict}, load ${loads.after[0]}`)
  const lastLine = benchmark.lastLine?.(results)
  if (lastLine) print(lastLine)
}

async function runPart(part: Part, { quick, file, print }: RunOptions): Promise<PartResult> {
  const directory = await mkdtemp(join(tmpdir(), 'scheduler-task-bench-'))
  const ends: (() => Promise<unknown>)[] = []
  let over = false
  const context: BenchContext = {
    quick,
    directory,
    kept: (name) => join(file ? dirname(file) : '.', name),
    print: (line) => print(`  ${part.name}: ${line}`),
    // A part that was interrupted may go on for a moment, and start more.
    onEnd: (end) => void (over ? end() : ends.push(end))
  }
  const { signalled, ignoreSignals } = awaitSignals()
  try {
    return await Promise.race([part.run(context), signalled])
  } finally {
    over = true
    for (const end of ends.toReversed()) await end().catch((error) => console.error(error))
    await rm(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })
    ignoreSignals()
  }
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const

/** Rejects at the first signal; further ones do not disturb the cleaning up. */
function awaitSignals(): { signalled: Promise<never>; ignoreSignals: () => void } {
  let interrupt: (signal: NodeJS.Signals) => void = () => {}
  const signalled = new Promise<never>((_, reject) => {
    interrupt = (signal) => reject(new Interrupted(`ended by ${signal}`))
  })
  for (const signal of SIGNALS) process.on(signal, interrupt)
  return {
    signalled,
    ignoreSignals() {
      for (const signal of SIGNALS) process.removeListener(signal, interrupt)
    }
  }
}
