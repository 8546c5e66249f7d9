import { type Application, isApplicationId } from '@scheduler-task/yarn-client/application'
import { RmError } from '@scheduler-task/yarn-client/rm-errors'
import { TimeLimitReached, withinTime } from '@scheduler-task/yarn-client/time-limit'
import { applyObservation } from './observation.ts'
import type { Parts } from './parts.ts'
import type { Submission } from './submission.ts'
import { submissionIdIn } from './tags.ts'

/** What an application id means here; `application` is missing when the ResourceManager does not know it (any more). */
export type Target = Readonly<{
  submission: Submission | undefined
  application: Application | undefined
}>

/** A known submission is stopped also when the ResourceManager does not answer now. */
const LOOK_UP_MS = 5000

/**
 * The submission and the application of an id, both as fresh as can be. Undefined when neither the store nor the
 * ResourceManager knows it.
 * @throws RmError when only the ResourceManager could tell, and does not
 */
export async function findTarget(
  { store, rm, background }: Pick<Parts, 'store' | 'rm' | 'background'>,
  applicationId: string
): Promise<Target | undefined> {
  // Numbers that no ResourceManager gives out.
  if (!isApplicationId(applicationId)) return undefined
  const known = await store.findByApplication(applicationId)
  let application: Application | undefined
  try {
    application = known
      ? await withinTime(LOOK_UP_MS, background.signal, (limit) =>
          rm.application(applicationId, limit)
        )
      : await rm.application(applicationId, background.signal)
  } catch (error) {
    const silent = error instanceof RmError || error instanceof TimeLimitReached
    if (!known || !silent) throw error
  }
  const submission = known ?? (application && (await byTag(store, application)))
  if (!submission && !application) return undefined
  const fresh =
    submission && application && submission.applicationId === application.id
      ? await applyObservation(store, submission, application)
      : submission
  return { submission: fresh, application }
}

/** A second application of a submission is known by its tag alone. */
async function byTag(
  store: Parts['store'],
  { applicationTags }: Application
): Promise<Submission | undefined> {
  const id = submissionIdIn(applicationTags)
  return id === undefined ? undefined : await store.find(id)
}
