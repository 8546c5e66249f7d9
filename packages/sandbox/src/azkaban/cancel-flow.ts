import { type Answer, errorAnswer } from './answer.ts'
import type { Entry } from './executions.ts'
import { may } from './projects.ts'
import { denied, nothing, type Server, type UserCall } from './servlet.ts'

const unreachable =
  'Cancel action has been called but the flow is unreachable. Finalizing the flow.'

/** `ajax=cancelFlow` (§8): answers when the jobs have died or were sent KILL. */
export async function cancelFlow(entry: Entry, call: UserCall, server: Server): Promise<Answer> {
  const { executions, dialect, faults } = server
  const { execution } = entry
  if (!may(call.user, 'EXECUTE', execution.project)) {
    return denied(call.user, 'EXECUTE', execution.project)
  }
  const notRunning = `Execution ${execution.execId} of flow ${execution.flow.id} isn't running.`
  if (!executions.isListed(entry)) return errorAnswer(notRunning)
  if (executions.isQueued(entry)) {
    if (faults.takeCancel('cancel-too-early')) return errorAnswer(notRunning)
    executions.failQueued(entry)
    return dialect.version === 'HEAD' && dialect.dispatch === 'POLL'
      ? errorAnswer(unreachable)
      : nothing
  }
  if (!executions.isLive(entry)) {
    const prefix = dialect.executorErrorPrefix
    return errorAnswer(`${prefix}Execution ${execution.execId} is not running.`)
  }
  if (executions.executor === 'down') return errorAnswer(dialect.connectFailure)
  if (faults.takeCancel('cancel-lies')) return nothing
  await entry.run?.kill()
  return faults.takeCancel('cancel-refused-but-cancelled') ? errorAnswer(unreachable) : nothing
}
