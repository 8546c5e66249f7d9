import { type Answer, errorAnswer, jsonAnswer } from './answer.ts'
import { cancelFlow } from './cancel-flow.ts'
import { executeFlow } from './execute-flow.ts'
import { fetchJobLogs } from './job-logs.ts'
import { required, requiredInteger } from './parameters.ts'
import { may } from './projects.ts'
import { noSuchExecution } from './server-error.ts'
import {
  denied,
  type ExecutionCall,
  isAnswer,
  nothing,
  projectOf,
  type Server,
  type UserCall
} from './servlet.ts'

/** Calls that need an `execid`; those not listed here do nothing (§1.4). */
const executionCalls: Readonly<Record<string, ExecutionCall>> = {
  fetchexecflow: (entry) => jsonAnswer(entry.row),
  fetchExecJobLogs: fetchJobLogs,
  cancelFlow
}

const readers = ['fetchexecflow', 'fetchExecJobLogs']

/** `/executor` with an `ajax` parameter. */
export async function answerExecutor(call: UserCall, server: Server): Promise<Answer> {
  const ajax = call.parameters.get('ajax') ?? ''
  if (call.parameters.has('execid')) return await answerExecution(ajax, call, server)
  if (ajax === 'getRunning') return getRunning(call, server)
  const project = required(call, 'project')
  return ajax === 'executeFlow' ? executeFlow(call, server) : jsonAnswer({ project })
}

async function answerExecution(ajax: string, call: UserCall, server: Server): Promise<Answer> {
  const execId = requiredInteger(call, 'execid')
  const entry = server.executions.find(execId)
  if (!entry) {
    if (server.dialect.unknownExecutionThrows) throw noSuchExecution()
    return errorAnswer(`Cannot find execution '${execId}'`)
  }
  const answer = Object.hasOwn(executionCalls, ajax) ? executionCalls[ajax] : undefined
  if (!answer) return nothing
  const { project } = entry.execution
  if (readers.includes(ajax) && !may(call.user, 'READ', project)) {
    return denied(call.user, 'READ', project)
  }
  return await answer(entry, call, server)
}

/** `ajax=getRunning` (§7). */
function getRunning(call: UserCall, server: Server): Answer {
  const project = projectOf(call, 'EXECUTE', server)
  if (isAnswer(project)) return project
  const running = server.executions.running(project, required(call, 'flow'))
  if (running.length === 0) return nothing
  return jsonAnswer({ execIds: running.map((entry) => entry.execution.execId) })
}
