import type { Application } from '@scheduler-task/yarn-client/application'
import { RmError } from '@scheduler-task/yarn-client/rm-errors'
import { nameHeldHere, nameHeldOnYarn, resourceManagerFailed } from '../errors.ts'
import type { Parts } from './parts.ts'

/** Whose name does not count: the application that a restart is about, and what its submission started. */
export type Except = Readonly<{ applicationId?: string; submissionTag?: string }>

/**
 * Refuses a name that a live submission here holds, or a live application of the cluster has. The list of those may be
 * two seconds old; one that has the name is asked for anew, since it may just have ended.
 * @throws Failure
 */
export async function refuseUsedName(
  { store, live }: Pick<Parts, 'store' | 'live'>,
  name: string,
  signal: AbortSignal,
  except: Except = {}
): Promise<void> {
  const holder = await store.holderOf(name)
  if (holder && !(except.submissionTag && holder.submissionTag === except.submissionTag)) {
    throw nameHeldHere(holder)
  }
  await refuseNameOnYarn({ live }, name, signal, except)
}

/** The second half of it: what the ResourceManager says. */
export async function refuseNameOnYarn(
  { live }: Pick<Parts, 'live'>,
  name: string,
  signal: AbortSignal,
  except: Except = {}
): Promise<void> {
  const counts = ({ id, applicationTags }: Application) =>
    id !== except.applicationId &&
    !(except.submissionTag && applicationTags.includes(except.submissionTag))
  try {
    if (!(await live.named(name, signal)).some(counts)) return
    live.invalidate()
    const application = (await live.named(name, signal)).find(counts)
    if (application) throw nameHeldOnYarn(name, application.id)
  } catch (error) {
    if (error instanceof RmError) {
      throw resourceManagerFailed(error, `whether taskName ${name} is free cannot be asked`)
    }
    throw error
  }
}
