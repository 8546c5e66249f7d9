import {
  type Application,
  compareApplicationIds,
  isApplicationId,
  isFinal
} from '@scheduler-task/yarn-client/application'
import { RmError } from '@scheduler-task/yarn-client/rm-errors'
import { TimeLimitReached, unlessAborted, withinTime } from '@scheduler-task/yarn-client/time-limit'
import {
  alreadyEnded,
  applicationUnknown,
  badCursor,
  resourceManagerFailed,
  shuttingDown
} from '../errors.ts'
import type { Drain } from './drain.ts'
import { findTarget } from './find-target.ts'
import type { ForeignApplications, Kill } from './foreign-application.ts'
import type { Parts } from './parts.ts'
import { isOver } from './submission.ts'
import type { Submissions } from './submissions.ts'

const REFUSED_WITHIN_MS = 500
const MOST_STOPPING = 1000

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
  /** Begins to stop one, and answers it as it is now. The wish is durable. */
  stop: (id: string, who: string) => Promise<Application | undefined>
  /** Those whose end was asked for here, and is not reported yet. */
  stopping: () => Promise<ReadonlySet<string>>
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

  /** Whoever may not kill it is told at once; what else comes takes its time. */
  async function begun({ ended }: Kill): Promise<void> {
    try {
      await withinTime(REFUSED_WITHIN_MS, background.signal, (limit) => unlessAborted(ended, limit))
    } catch (error) {
      const goesOn = error instanceof TimeLimitReached || background.signal.aborted
      if (!goesOn) throw error
    }
  }

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
      await told(`${id} cannot be stopped`, begun(await foreign.kill(id, who)))
      return application
    },

    stopping: async () => {
      const wanted = await foreign.wanted()
      const { items } = await parts.store.list({ states: ['STOPPING'] }, { limit: MOST_STOPPING })
      return new Set([...wanted, ...items.flatMap(({ applicationId }) => applicationId ?? [])])
    }
  }
}

async function told<T>(doing: string, answer: Promise<T>): Promise<T> {
  try {
    return await answer
  } catch (error) {
    throw error instanceof RmError ? resourceManagerFailed(error, doing) : error
  }
}
