import { isApplicationId, isFinal } from '@scheduler-task/yarn-client/application'
import type { ResourceManager } from '@scheduler-task/yarn-client/resource-manager'
import { RmError } from '@scheduler-task/yarn-client/rm-errors'
import {
  applicationOfAnother,
  applicationUnknown,
  executionEnded,
  NOTHING_DONE,
  resourceManagerFailed,
  resourceManagerMissing
} from '../errors.ts'
import { evidenceOf } from './application-evidence.ts'
import { AzkabanError, type AzkabanSession, type Execution, hasEnded } from './azkaban.ts'

export type StopRequest = Readonly<{
  execId: number
  /** Missing: a flow without YARN, only the execution is stopped. */
  applicationId: string | undefined
  /** Shown in the application's diagnostics. */
  who: string
}>

/** What has to be done; nothing has been yet. */
export type StopPlan = Readonly<{ cancel: boolean; kill: boolean; execution: Execution }>

/** How long to wait for a connection only to have Azkaban say in its own words that it is over. */
const OWN_WORDS_WAIT_MS = 5000

/**
 * Reads all that a stop depends on.
 * @throws Failure or AzkabanError when it must not begin
 */
export async function checkStop(
  session: Pick<AzkabanSession, 'execution' | 'jobLog' | 'cancel'>,
  rm: Pick<ResourceManager, 'application'> | undefined,
  { execId, applicationId }: StopRequest,
  signal: AbortSignal
): Promise<StopPlan> {
  if (applicationId !== undefined && !rm) throw resourceManagerMissing()
  const execution = await session.execution(execId, signal)
  const kill = applicationId !== undefined && (await isAlive(applicationId, execution))
  const cancel = !hasEnded(execution)
  if (!cancel && !kill) throw await overInItsOwnWords(session, execId, execution, signal)
  return { cancel, kill, execution }

  async function isAlive(id: string, of: Execution): Promise<boolean> {
    const application = isApplicationId(id) ? await known(id) : undefined
    const evidence = isApplicationId(id)
      ? await evidenceOf(session, { execId, applicationId: id }, of, signal)
      : 'unknown'
    if (evidence === 'contradicted') throw applicationOfAnother(id, execId)
    if (application) return !isFinal(application.state)
    // Forgotten is gone; one that nobody has ever heard of is a mistake, and another one may live.
    if (evidence !== 'started') throw applicationUnknown(id)
    // One that was submitted a moment ago may only not be seen yet: asked again once its execution has ended.
    return !hasEnded(of)
  }

  async function known(id: string) {
    try {
      return await rm?.application(id, signal)
    } catch (error) {
      if (!(error instanceof RmError)) throw error
      const doing = `the end of ${id} could not be proven, so nothing was cancelled`
      throw resourceManagerFailed(error, doing, { applicationId: id, ...NOTHING_DONE })
    }
  }
}

/** The cancel of an execution that is over is harmless, and its refusal is the text that the interface document prints. */
export async function overInItsOwnWords(
  session: Pick<AzkabanSession, 'cancel'>,
  execId: number,
  { status }: { status: string },
  signal: AbortSignal
): Promise<Error> {
  try {
    await session.cancel(execId, { waitMs: OWN_WORDS_WAIT_MS, signal })
  } catch (error) {
    if (!(error instanceof AzkabanError)) throw error
    if (error.reason === 'REFUSED' || error.reason === 'SESSION_LOST') return error
  }
  return executionEnded(execId, status)
}
