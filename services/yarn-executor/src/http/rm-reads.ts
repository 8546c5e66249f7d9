import type { Application } from '@scheduler-task/yarn-client/application'
import { isApplicationId } from '@scheduler-task/yarn-client/application'
import type { LiveApplications } from '@scheduler-task/yarn-client/live-applications'
import type { ResourceManager } from '@scheduler-task/yarn-client/resource-manager'
import { RmError } from '@scheduler-task/yarn-client/rm-errors'
import { applicationUnknown, resourceManagerFailed, resourceManagerSaid } from '../errors.ts'

/** What v1 reads from the ResourceManager, its faults told as v1 tells them. All throw `Failure`. */
export interface RmReads {
  /** The scheduler report, byte for byte. */
  scheduler: () => Promise<string>
  /** The report of an application, byte for byte. */
  report: (applicationId: string) => Promise<string>
  /** `app.state` */
  state: (applicationId: string) => Promise<string>
  /** What `yarn application -list` shows. */
  listed: () => Promise<readonly Application[]>
}

/** `rm` shares equal questions in flight. */
export function createRmReads(
  rm: Pick<ResourceManager, 'schedulerText' | 'applicationText' | 'application'>,
  live: Pick<LiveApplications, 'listed'>
): RmReads {
  return {
    scheduler: () => told('the state of the cluster cannot be had', rm.schedulerText()),
    report: async (id) => {
      refuseImpossible(id)
      return await told(`the report of ${id} cannot be had`, rm.applicationText(id))
    },
    state: async (id) => {
      refuseImpossible(id)
      const application = await told(`the state of ${id} cannot be had`, rm.application(id))
      if (!application) throw applicationUnknown(id)
      return application.state
    },
    listed: () => told('the running applications cannot be listed', live.listed())
  }
}

/** Numbers that no ResourceManager gives out. */
function refuseImpossible(id: string): void {
  if (!isApplicationId(id)) throw applicationUnknown(id)
}

async function told<T>(doing: string, answer: Promise<T>): Promise<T> {
  try {
    return await answer
  } catch (error) {
    if (!(error instanceof RmError)) throw error
    const text = ownWords(error)
    throw text === undefined
      ? resourceManagerFailed(error, doing)
      : resourceManagerSaid(error, text)
  }
}

const ANSWERED: ReadonlySet<string> = new Set(['RM_NOT_FOUND', 'RM_REFUSED', 'RM_ERROR'])

/** The ResourceManager's own refusal, which is a JSON object; what only looks like an answer is not passed on. */
function ownWords({ reason, text }: RmError): string | undefined {
  if (!ANSWERED.has(reason) || text === undefined) return undefined
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? text : undefined
  } catch {
    return undefined
  }
}
