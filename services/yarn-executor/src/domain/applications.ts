import {
  type Application,
  compareApplicationIds,
  isApplicationId,
  isFinal
} from '@scheduler-task/yarn-client/application'
import { RmError } from '@scheduler-task/yarn-client/rm-errors'
import {
  alreadyEnded,
  applicationUnknown,
  badCursor,
  resourceManagerFailed,
  shuttingDown
} from '../errors.ts'
import type { Drain } from './drain.ts'
import { findTarget } from './find-target.ts'
import type { ForeignApplications } from './foreign-application.ts'
import type { Parts } from './parts.ts'
import { isOver } from './submission.ts'
import type { Submissions } from './submissions.ts'

export type ApplicationFilter = Readonly<{ user?: string; nameContains?: string }>
export type ApplicationPage = Readonly<{
  items: readonly Application[]
  nextCursor: string | null
  total: number
}>

/** What lives on the cluster, whoever started it. All calls throw `Failure` and `Refusal`. */
export interface Applications {
  /** Those that are not final, newest first; at most two seconds old. */
  list: (
    filter: ApplicationFilter,
    page: Readonly<{ limit: number; after?: string }>
  ) => Promise<ApplicationPage>
  /** As the ResourceManager knows it now, final ones too. */
  find: (id: string) => Promise<Application>
  /**
   * Begins to stop one, and answers it as it is now. The wish is durable for one that was started here; for others it
   * is carried on as long as this process lives.
   */
  stop: (id: string, who: string) => Promise<Application | undefined>
  isStopping: (id: string) => boolean
}

export function createApplications(
  parts: Pick<Parts, 'store' | 'rm' | 'live' | 'background'>,
  {
    foreign,
    submissions,
    drain
  }: Readonly<{
    foreign: ForeignApplications
    submissions: Pick<Submissions, 'stop'>
    drain: Drain
  }>
): Applications {
  const { rm, live, background } = parts

  return {
    list: async ({ user, nameContains }, { limit, after }) => {
      if (after !== undefined && !isApplicationId(after)) throw badCursor()
      const all = await told('the applications cannot be listed', live.all())
      const matching = all
        .filter((one) => user === undefined || one.user === user)
        .filter(({ name }) => nameContains === undefined || name.includes(nameContains))
        .toReversed()
      const from = matching.findIndex(
        ({ id }) => after === undefined || compareApplicationIds(id, after) < 0
      )
      const rest = from < 0 ? [] : matching.slice(from)
      const items = rest.slice(0, limit)
      const last = items.at(-1)
      const nextCursor = rest.length > limit && last ? last.id : null
      return { items, nextCursor, total: matching.length }
    },

    find: async (id) => {
      if (!isApplicationId(id)) throw applicationUnknown(id)
      const found = await told(`${id} cannot be looked up`, rm.application(id))
      if (!found) throw applicationUnknown(id)
      return found
    },

    stop: async (id, who) => {
      if (drain.begun) throw shuttingDown()
      const target = await told(`${id} cannot be looked up`, findTarget(parts, id))
      if (!target) throw applicationUnknown(id)
      const { submission, application } = target
      if (submission && !isOver(submission)) {
        await submissions.stop(submission.id, who)
        return application
      }
      if (!application) throw alreadyEnded(id, submission?.state ?? 'LOST')
      if (isFinal(application.state)) {
        throw alreadyEnded(id, application.state, application.finalStatus)
      }
      background.run(
        'a kill',
        { applicationId: id },
        async () => void (await foreign.kill(id, who))
      )
      return application
    },

    isStopping: foreign.isKilling
  }
}

async function told<T>(doing: string, answer: Promise<T>): Promise<T> {
  try {
    return await answer
  } catch (error) {
    throw error instanceof RmError ? resourceManagerFailed(error, doing) : error
  }
}
