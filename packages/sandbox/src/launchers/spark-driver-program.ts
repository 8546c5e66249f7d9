import { setTimeout as wait } from 'node:timers/promises'
import type { SparkLaunch } from './spark-cluster-mode.ts'
import type { SparkProgram } from './spark-program.ts'
import { refusedPlugin, swallowedError } from './waterdrop-job.ts'

export type RunningProgram = Extract<SparkProgram, { kind: 'runs' }>

const BATCH_MS = 1000

/** What the program does with its context until it ends by itself. */
export async function runProgram(
  launch: SparkLaunch,
  { job, swallows }: RunningProgram,
  signal: AbortSignal
): Promise<{ code: number }> {
  const { output } = launch.launcher
  if (job.checkFailure !== undefined) {
    output.stdout(refusedPlugin(job))
    return { code: 255 }
  }
  if (job.swallowed !== undefined && !swallows) {
    return { code: uncaught(launch, { swallows }, job.swallowed) }
  }
  if (job.swallowed !== undefined) {
    output.stdout(swallowedError('Fatal Error,', job.swallowed))
    return { code: 0 }
  }
  const ends = job.runMs === null ? Number.POSITIVE_INFINITY : Date.now() + job.runMs
  if (job.runMs !== null) for (const line of job.result) output.stdout(line)
  for (let batch = 0; Date.now() < ends; batch++) {
    if (job.runMs === null) printBatch(launch, batch)
    await wait(Math.min(BATCH_MS, ends - Date.now()), undefined, { signal })
  }
  if (job.thrown === undefined) return { code: 0 }
  return { code: uncaught(launch, { swallows }, job.thrown) }
}

/** A micro-batch of a console sink. */
function printBatch({ launcher }: SparkLaunch, batch: number): void {
  const rule = '-'.repeat(43)
  launcher.output.stdout(`${rule}\nBatch: ${batch}\n${rule}`)
}

/**
 * An exception that leaves the program. Waterdrop 2.0.x swallows it; of a Python program the
 * traceback is on stdout.
 * @returns the exit code
 */
export function uncaught(
  launch: SparkLaunch,
  program: { swallows: boolean },
  message: string
): number {
  const { args, launcher } = launch
  if (program.swallows) {
    launcher.output.stdout(swallowedError('Fatal Error,', message))
    return 0
  }
  if (args.primaryResource.endsWith('.py')) {
    const text = message.includes('Exception: ')
      ? `py4j.protocol.Py4JJavaError: ${message}`
      : `RuntimeError: ${message}`
    launcher.output.stdout(
      `Traceback (most recent call last):\n  File "${args.primaryResource}", line 7, in <module>\n${text}`
    )
  } else {
    launcher.output.stderr(`Exception in thread "main" java.lang.RuntimeException: ${message}`)
  }
  return 1
}
