import type { ResourceManager } from '@scheduler-task/yarn-client/resource-manager'
import { RmError } from '@scheduler-task/yarn-client/rm-errors'

/**
 * To be asked before the question whose answer is to prove that something does not exist: a ResourceManager that starts
 * answers like one that knows nothing until it has read its memory, and says INITIALIZING meanwhile (observed: 3.3.6).
 * @throws RmError RM_STANDBY, when none is active.
 */
export async function requireActive(
  rm: Pick<ResourceManager, 'info'>,
  signal: AbortSignal
): Promise<void> {
  const { haState } = await rm.info(signal)
  if (haState !== 'ACTIVE') throw new RmError('RM_STANDBY', `ResourceManager is ${haState}`)
}
