import type { Application } from '@scheduler-task/yarn-client/application'
import { RmError } from '@scheduler-task/yarn-client/rm-errors'
import { nameHeldHere, nameHeldOnYarn, resourceManagerFailed } from '../errors.ts'
import type { Parts } from './parts.ts'

/** Whose name does not count: the application that a restart is about, and what its submission started. */
export type Except = Readonly<{ applicationId?: string; submissionTag?: string }>

/**
 * Refuses a name that a live submission here holds, or a live application of the cluster has.
 * @throws Failure
 */
export async function refuseUsedName(
  { store, names }: Pick<Parts, 'store' | 'names'>,
  name: string,
  signal: AbortSignal,
  except: Except = {}
): Promise<void> {
  const holder = await store.holderOf(name)
  if (holder && !(except.submissionTag && holder.submissionTag === except.submissionTag)) {
    throw nameHeldHere(holder)
  }
  await refuseNameOnYarn({ names }, name, signal, except)
}

/** The second half of it: what the ResourceManager says. */
export async function refuseNameOnYarn(
  { names }: Pick<Parts, 'names'>,
  name: string,
  signal: AbortSignal,
  except: Except = {}
): Promise<void> {
  const counts = ({ id, applicationTags }: Application) =>
    id !== except.applicationId &&
    !(except.submissionTag && applicationTags.includes(except.submissionTag))
  try {
    const application = (await names.named(name, signal)).find(counts)
    if (application) throw nameHeldOnYarn(name, application.id)
  } catch (error) {
    if (error instanceof RmError) {
      throw resourceManagerFailed(error, `whether taskName ${name} is free cannot be asked`)
    }
    throw error
  }
}
