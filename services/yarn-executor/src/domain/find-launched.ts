import {
  type Application,
  compareApplicationIds,
  isApplicationId,
  isLive
} from '@scheduler-task/yarn-client/application'
import { RmError } from '@scheduler-task/yarn-client/rm-errors'
import type { Parts } from './parts.ts'
import type { Attempt, Submission } from './submission.ts'
import { submissionIdIn } from './tags.ts'

/** What a launch has led to so far: `others` bear the submission's tag as well. */
export type Launched = Readonly<{ application: Application | undefined; others: Application[] }>

type Needs = Pick<Parts, 'rm' | 'log'>

/**
 * The application of the submission's tag, whichever attempt it is of; of several the one that was told to somebody,
 * that the output names, or else the oldest, those that live first. `unanswered`: the ResourceManager did not say.
 */
export async function findLaunched(
  { rm, log }: Needs,
  { id: submissionId, submissionTag: tag, applicationId: told }: Submission,
  named: string | undefined,
  signal: AbortSignal
): Promise<Launched | 'unanswered'> {
  try {
    const tagged = await rm.applications({ tags: [tag] }, signal)
    tagged.sort(
      (a, b) =>
        Number(isLive(b.state)) - Number(isLive(a.state)) || compareApplicationIds(a.id, b.id)
    )
    const application = tagged.find(({ id }) => id === told) ?? tagged[0]
    if (named !== undefined && application && application.id !== named) {
      log.info(
        { submissionId, named, applicationId: application.id },
        'the launcher names another application than the one with its tag'
      )
    }
    return { application, others: tagged.filter((one) => one !== application) }
  } catch (error) {
    if (!(error instanceof RmError)) throw error
    log.debug({ submissionId, reason: error.reason }, 'a launch waits for the ResourceManager')
    return 'unanswered'
  }
}

/**
 * The application that the output names, when it bears the submission's tag. Undefined also when it cannot be asked for:
 * a job may print any id, or that of somebody else's application.
 */
export async function findNamed(
  { rm }: Pick<Parts, 'rm'>,
  { submissionTag }: Submission,
  id: string,
  signal: AbortSignal
): Promise<Application | undefined> {
  if (!isApplicationId(id)) return undefined
  try {
    const application = await rm.application(id, signal)
    return application?.applicationTags.includes(submissionTag) ? application : undefined
  } catch (error) {
    if (!(error instanceof RmError)) throw error
    return undefined
  }
}

/** One that the output names. `whyNot`: behind "which", why it is not taken for the job's own. */
export type Untagged =
  | Readonly<{ application: Application; whyNot?: never }>
  | Readonly<{ application?: never; whyNot: string }>

/** Between the clocks of this host and the ResourceManager's. */
const CLOCKS_DIFFER_MS = 60_000

/**
 * The application that the output names although it bears no tag of the submission: the job itself may have set others.
 * A job may print any id, so only one counts that has the job's name, began after the launcher, and is nobody else's.
 */
export async function findUntagged(
  { rm, store }: Pick<Parts, 'rm' | 'store'>,
  { taskName }: Submission,
  { createdAt }: Pick<Attempt, 'createdAt'>,
  id: string,
  signal: AbortSignal
): Promise<Untagged> {
  if (!isApplicationId(id)) return { whyNot: 'is no id of an application' }
  try {
    const application = await rm.application(id, signal)
    if (!application) return { whyNot: 'the ResourceManager does not know' }
    if (application.name !== taskName)
      return { whyNot: `is named ${application.name.slice(0, 200)}` }
    if (application.startedTime < createdAt - CLOCKS_DIFFER_MS) {
      return { whyNot: 'had begun before its launcher did' }
    }
    const isTagged = submissionIdIn(application.applicationTags) !== undefined
    const isKnown = isTagged || (await store.findByApplication(id)) !== undefined
    return isKnown ? { whyNot: 'is another job’s' } : { application }
  } catch (error) {
    if (!(error instanceof RmError)) throw error
    return { whyNot: 'the ResourceManager was not heard of' }
  }
}
