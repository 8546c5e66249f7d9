import { defaultProfile } from './default-profile.ts'
import { LeaseLost } from './job-store.ts'
import { type LaunchRequest, NotStarted, type PreparedLaunch } from './launching.ts'
import type { Parts } from './parts.ts'
import { obstacleIn } from './start-obstacles.ts'
import type { Attempt, Submission } from './submission.ts'
import { attemptTagOf } from './tags.ts'

const NOTHING = Buffer.alloc(0)

/** An attempt whose row is durable and whose files are there. Nothing of it runs. */
export type PreparedAttempt = Readonly<{ attempt: Attempt; launchable: PreparedLaunch }>

/** The launcher cannot be given what it needs. `code` is stable. */
export class NotPrepared extends Error {
  override readonly name = 'NotPrepared'
  readonly code: 'NOT_PREPARED' | 'CONFIG_NOT_KEPT'

  constructor(code: NotPrepared['code'], why: string, options?: ErrorOptions) {
    super(`the launcher was not started: ${why}`, options)
    this.code = code
  }
}

/**
 * The next attempt of a submission: a new id, a new tag, a new directory. Its config comes from the store.
 * @throws NotPrepared: it is wrong for good; what a store or a disk throws that is away or full, as it is
 */
export async function prepareAttempt(
  { store, launching }: Pick<Parts, 'store' | 'launching'>,
  submission: Submission
): Promise<PreparedAttempt> {
  const config = submission.program ? NOTHING : await store.config(submission.configDigest)
  if (!config) throw new NotPrepared('CONFIG_NOT_KEPT', 'its config was not kept')
  const before = await store.attemptsOf(submission.id)
  const last = before.at(-1)
  if (last && submission.state === 'ACCEPTED' && last.endedAt === null) {
    const reason = 'the service ended before the launcher was started'
    await store.attemptEnded(last.id, { kind: 'not-started', reason })
  }
  const known = {
    config: Buffer.from(config),
    profile: submission.profile ?? defaultProfile(launching, submission.engine)
  }
  const request = launchRequest(submission, before.length + 1, known)
  try {
    const launchable = await launching.prepare(request)
    const attempt = await store.addAttempt({
      id: request.attemptId,
      submissionId: submission.id,
      tag: request.tags[2],
      profile: launchable.profile,
      argv: launchable.argv,
      renderedDigest: launchable.renderedDigest,
      holdsDriver: launchable.holdsDriver,
      directory: launchable.directory
    })
    return { attempt, launchable }
  } catch (error) {
    throw error instanceof LeaseLost || obstacleIn(error) ? error : notPrepared(error)
  }
}

/** Tries whether the launcher's files can be made, for who has to know before anything is stopped. @throws NotPrepared */
export async function rehearse(
  { launching }: Pick<Parts, 'launching'>,
  request: LaunchRequest
): Promise<void> {
  try {
    await launching.prepare(request)
  } catch (error) {
    throw notPrepared(error)
  }
}

function notPrepared(cause: unknown): NotPrepared {
  const files = obstacleIn(cause) ?? 'its files could not be written'
  const why = cause instanceof NotStarted ? cause.message : files
  return new NotPrepared('NOT_PREPARED', why, { cause })
}

function launchRequest(
  submission: Submission,
  number: number,
  known: Pick<LaunchRequest, 'config' | 'profile'>
): LaunchRequest {
  const { id, engine, deployMode, taskName, installationTag, submissionTag } = submission
  const { settings, configFile: configName, program } = submission
  const attemptId = `${id}-${number}`
  const tags = [installationTag, submissionTag, attemptTagOf(attemptId)] as const
  return {
    ...{ engine, deployMode, taskName, tags, submissionId: id, attemptId, configName, program },
    ...settings,
    ...known
  }
}
