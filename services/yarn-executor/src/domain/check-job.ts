import { BadParameters, Failure } from '@scheduler-task/envelope/errors'
import type { Finding } from '@scheduler-task/job-config/finding'
import { TimeLimitReached, withinTime } from '@scheduler-task/yarn-client/time-limit'
import { queueFindings } from './check-queue.ts'
import { asSent, type JobRequest, type RequestMaking } from './launch-request.ts'
import { type LaunchRequest, NotStarted } from './launching.ts'
import type { Parts } from './parts.ts'
import { allSecrets, maskArguments } from './secret-masking.ts'
import { refuseUsedName } from './task-names.ts'

/** What would come of a start. */
export type CheckedJob = Readonly<{
  /** No error among the findings. */
  ok: boolean
  /** Null when none can be chosen. */
  profile: string | null
  findings: readonly Finding[]
  /** Secrets masked; null when it cannot be made. */
  argv: readonly string[] | null
  /** Names, sorted. */
  environment: readonly string[]
}>

/** Goes the way of a start up to the launch; nothing is written, started or reserved. */
export type JobChecking = (job: JobRequest) => Promise<CheckedJob>

/** What is asked over the network must not hold up what is known here. */
const ASKING_MS = 2000

type Needs = Pick<Parts, 'store' | 'names' | 'rm' | 'launching' | 'background'>

export function createJobCheck(parts: Needs, makeRequest: RequestMaking): JobChecking {
  const { launching, background } = parts
  const { signal } = background

  async function nameFindings(taskName: string): Promise<Finding[]> {
    const path = 'taskName'
    try {
      await withinTime(ASKING_MS, signal, (limit) => refuseUsedName(parts, taskName, limit))
      return []
    } catch (error) {
      if (error instanceof TimeLimitReached) {
        const message = 'whether taskName is free could not be asked in time'
        return [{ severity: 'info', code: 'NAME_NOT_ASKED', path, message }]
      }
      if (!(error instanceof Failure)) throw error
      const { message } = error
      return error.code === 'YARN_EXECUTOR_TASK_NAME_IN_USE'
        ? [{ severity: 'error', code: 'TASK_NAME_IN_USE', path, message }]
        : [{ severity: 'info', code: 'NAME_NOT_ASKED', path, message }]
    }
  }

  async function preview(
    request: LaunchRequest
  ): Promise<Pick<CheckedJob, 'argv' | 'environment' | 'findings'>> {
    try {
      const { argv, environment } = await launching.preview(request)
      const secrets = allSecrets(request.config.toString(), request, environment)
      return {
        argv: maskArguments(argv, secrets),
        environment: Object.keys(environment).sort(),
        findings: []
      }
    } catch (error) {
      if (!(error instanceof NotStarted)) throw error
      const { message } = error
      const code = 'NOT_LAUNCHABLE'
      const findings = [{ severity: 'error', code, path: 'profile', message } as const]
      return { argv: null, environment: [], findings }
    }
  }

  return async (job) => {
    const made = await makeRequest(job).catch(findingsIn)
    const naming = nameFindings(job.taskName)
    if (Array.isArray(made)) {
      const findings = asSent(job, [...made, ...(await naming)])
      return { ok: false, profile: job.profile ?? null, findings, argv: null, environment: [] }
    }
    const request = made as LaunchRequest
    const [names, queues, previewed] = await Promise.all([
      naming,
      queueFindings(parts.rm, request, { limitMs: ASKING_MS, signal }),
      preview(request)
    ])
    const own = launching.check(request)
    // What the profile refuses cannot be launched either, and says it better.
    const refused = own.some(isError) ? [] : previewed.findings
    const findings = asSent(job, [...own, ...names, ...queues, ...refused])
    const { profile } = request
    const { argv, environment } = previewed
    return { ok: !findings.some(isError), profile, findings, argv, environment }
  }
}

function isError({ severity }: Finding): boolean {
  return severity === 'error'
}

/** A profile or a file that cannot be had. */
function findingsIn(error: unknown): Finding[] {
  if (error instanceof BadParameters) {
    const issues = error.fields.errors as readonly { path: string; message: string }[]
    return issues.map(({ path, message }) => ({
      severity: 'error',
      code: 'BAD_PARAMETER',
      path,
      message
    }))
  }
  if (!(error instanceof Failure)) throw error
  const code = error.code.replace(/^YARN_EXECUTOR_/, '')
  const path = code.startsWith('PROFILE') ? 'profile' : 'configFile'
  return [{ severity: 'error', code, path, message: error.message }]
}
