import { basename } from 'node:path'
import { type Job, millisecondsOf } from './job.ts'
import type { SparkArguments } from './spark-arguments.ts'
import type { SparkProgram } from './spark-program.ts'
import { refusedPlugin, swallowedError } from './waterdrop-job.ts'

/**
 * How the sandbox's ResourceManager is to play the ApplicationMaster of a cluster-mode application:
 * the driver is in it, so its end is the program's.
 */
export function clusterModePlay(
  program: SparkProgram,
  args: SparkArguments
): Record<string, unknown> {
  if (program.kind === 'ends') {
    return {
      kind: 'managed',
      failBeforeRegister: true,
      diagnostics:
        'Uncaught exception: java.lang.IllegalStateException: User did not initialize spark context!',
      stdout: program.stdout ?? '',
      stderr: program.stderr ?? ''
    }
  }
  const { job } = program
  return {
    kind: 'managed',
    ...timing(job),
    ...(job.amFailure !== undefined && { failBeforeRegister: true, diagnostics: job.amFailure }),
    ...ending(program, args)
  }
}

/** The same in client mode: it only asks for executors, and goes when its driver does. */
export function clientModePlay(job: Job): Record<string, unknown> {
  return {
    kind: 'client-driver',
    ...timing(job),
    ...(job.rows.length > 0 && { stdout: `${job.rows.join('\n')}\n` }),
    ...(job.amFailure !== undefined && { failBeforeRegister: true, diagnostics: job.amFailure })
  }
}

/** Time to ACCEPTED and RUNNING, as the job's config asks for it. */
export function timing(job: Job): Record<string, number> {
  const acceptAfterMs = millisecondsOf(job, 'sandbox.accept.ms')
  const registerAfterMs = millisecondsOf(job, 'sandbox.register.ms')
  return {
    ...(acceptAfterMs !== undefined && { acceptAfterMs }),
    ...(registerAfterMs !== undefined && { registerAfterMs })
  }
}

function ending(
  program: Extract<SparkProgram, { kind: 'runs' }>,
  args: SparkArguments
): Record<string, unknown> {
  const { stdout, swallows } = program
  // Its own containers print the rows; here it is one with the driver.
  const job = { ...program.job, result: [...program.job.result, ...program.job.rows] }
  const printed = [stdout, ...program.log, ...job.result]
    .filter((line) => line !== undefined)
    .join('\n')
  const quick = { finishAfterMs: 0 }
  if (job.checkFailure !== undefined) {
    const diagnostics = 'Shutdown hook called before final status was reported.'
    return {
      ...quick,
      finalStatus: 'FAILED',
      diagnostics,
      stdout: `${stdout}\n${refusedPlugin(job)}`
    }
  }
  if (job.swallowed !== undefined && swallows) {
    return { ...quick, stdout: `${stdout}\n${swallowedError('Fatal Error,', job.swallowed)}` }
  }
  const thrown = job.thrown ?? job.swallowed
  if (thrown === undefined) return { finishAfterMs: job.runMs, stdout: `${printed}\n` }
  if (swallows) {
    const text = `${printed}\n${swallowedError('Fatal Error,', thrown)}`
    return { finishAfterMs: job.runMs, stdout: text }
  }
  const python = basename(args.primaryResource).endsWith('.py')
  return {
    finishAfterMs: job.runMs,
    finalStatus: 'FAILED',
    diagnostics: python
      ? 'User application exited with status 1'
      : `User class threw exception: java.lang.RuntimeException: ${thrown}`,
    stdout: `${printed}\n`
  }
}
