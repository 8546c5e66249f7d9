import {
  type Application,
  compareApplicationIds,
  isApplicationId,
  isLive
} from '@scheduler-task/yarn-client/application'
import { RmError } from '@scheduler-task/yarn-client/rm-errors'
import type { Parts } from './parts.ts'
import type { Submission } from './submission.ts'

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
