import type { Job, JobDetail } from '@scheduler-task/contracts/executor-v2'
import type { LaunchSettings } from '../../domain/launching.ts'
import { maskArguments, maskSecrets, secretsInSettings } from '../../domain/secret-masking.ts'
import { type Attempt, isStarting, NO_DEADLINE, type Submission } from '../../domain/submission.ts'
import type { Standing } from '../../domain/submissions.ts'

/** A submission as v2 shows it. */
export function toJob(submission: Submission, standing: Standing, now: number): Job {
  const { id, taskName, engine, deployMode, owner, configFile, configDigest } = submission
  const { state, reason, reasonText, applicationId, outcome, evidence, replaces } = submission
  return {
    id,
    taskName,
    engine,
    deployMode,
    profile: submission.profile,
    ...settingsShown(submission),
    owner,
    configFile: configFile === '' ? null : configFile,
    configDigest,
    state,
    reason,
    reasonText,
    applicationId,
    acceptedAt: timeOf(submission.acceptedAt),
    startedAt: timeOrNull(submission.startedAt),
    changedAt: timeOf(submission.changedAt),
    startDeadline:
      submission.startDeadline === NO_DEADLINE ? null : timeOf(submission.startDeadline),
    yarn: yarnOf(submission, now),
    stale:
      submission.stale === null
        ? null
        : { reason: submission.stale, since: timeOrNull(submission.staleSince) },
    outcome,
    evidence: evidence.map(({ source, text }) => ({ source, text })),
    warnings: submission.warnings.map(({ code, text }) => ({ code, text })),
    tags: { installation: submission.installationTag, submission: submission.submissionTag },
    replaces,
    closed:
      submission.closedBy === null
        ? null
        : { by: submission.closedBy, at: timeOrNull(submission.closedAt) },
    operation: operationOf(submission, standing),
    queuePosition: standing.position ?? null
  }
}

/** Any value may hold a secret that another one is named for. */
function settingsShown({ settings }: Submission) {
  const { queue, mainClass } = settings
  return { queue, mainClass, ...maskedSettings(settings, secretsInSettings(settings)) }
}

function maskedSettings(
  { variables, conf, args }: Pick<LaunchSettings, 'variables' | 'conf' | 'args'>,
  secrets: readonly string[]
) {
  const masked = (values: Readonly<Record<string, string>>) =>
    Object.fromEntries(
      Object.entries(values).map(([name, value]) => [name, maskSecrets(value, secrets)])
    )
  return {
    ...{ variables: masked(variables), conf: masked(conf) },
    args: args.map((argument) => maskSecrets(argument, secrets))
  }
}

/** `secrets` are those of its config and its settings. */
export function toJobDetail(
  job: Job,
  attempts: readonly Attempt[],
  secrets: readonly string[]
): JobDetail {
  return {
    ...job,
    // What the config names a secret may be a variable of any name.
    ...maskedSettings(job, secrets),
    attempts: attempts.map(
      ({
        id,
        tag,
        profile,
        argv,
        renderedDigest,
        holdsDriver,
        createdAt,
        endedAt,
        exit,
        failure
      }) => ({
        id,
        tag,
        profile,
        argv: maskArguments(argv, secrets),
        renderedDigest,
        holdsDriver,
        createdAt: timeOf(createdAt),
        endedAt: timeOrNull(endedAt),
        exit: exit && { ...exit },
        failure: failure && { ...failure, lines: [...failure.lines] }
      })
    )
  }
}

function yarnOf({ yarnState, finalStatus, observedAt }: Submission, now: number): Job['yarn'] {
  if (yarnState === null || observedAt === null) return null
  const ageMs = Math.max(0, Math.round(now - observedAt))
  return { state: yarnState, finalStatus, observedAt: timeOf(observedAt), ageMs }
}

/** What goes on with it; null when it runs, or is over. */
function operationOf(submission: Submission, standing: Standing): Job['operation'] {
  const { problem = null, waitsFor = null } = standing.stop ?? {}
  if (submission.state === 'STOPPING') {
    const { stopRequestedBy: requestedBy, stopRequestedAt } = submission
    const requestedAt = timeOrNull(stopRequestedAt)
    return { kind: 'stop', requestedBy, requestedAt, waitsFor, problem }
  }
  if (!isStarting(submission)) return null
  const kind = submission.replaces === null ? 'start' : 'restart'
  const requestedAt = timeOf(submission.acceptedAt)
  const obstacle = problem ?? standing.obstacle ?? null
  return { kind, requestedBy: submission.owner, requestedAt, waitsFor, problem: obstacle }
}

export function timeOf(epochMs: number): string {
  return new Date(epochMs).toISOString()
}

function timeOrNull(epochMs: number | null): string | null {
  return epochMs === null ? null : timeOf(epochMs)
}
