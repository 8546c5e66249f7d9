import { execFileSync } from 'node:child_process'
import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os'
import { megabytes } from './figures.ts'

/** Where and of what the figures are: without it they say nothing. */
export function machine(): Readonly<Record<string, unknown>> {
  return {
    at: new Date().toISOString(),
    commit: commit(),
    node: process.version,
    kernel: release(),
    processor: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memory: megabytes(totalmem())
  }
}

/** Load averages of 1, 5 and 15 minutes: on a busy machine every figure is worse. */
export function load(): readonly number[] {
  return loadavg().map((one) => Math.round(one * 10) / 10)
}

function commit(): string {
  try {
    const options = { cwd: import.meta.dirname, encoding: 'utf8' } as const
    return execFileSync('git', ['describe', '--always', '--dirty'], options).trim()
  } catch {
    return 'unknown'
  }
}
