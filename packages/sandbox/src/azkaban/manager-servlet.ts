import { type Answer, emptyAnswer, jsonAnswer } from './answer.ts'
import { hashOrder } from './java-map.ts'
import { required, requiredInteger } from './parameters.ts'
import { findProject, may } from './projects.ts'
import type { Server, UserCall } from './servlet.ts'

/** `/manager`: fetchprojectflows and fetchFlowExecutions (§10.1), newest first; of this servlet nothing else is played. */
export function answerManager(call: UserCall, server: Server): Answer {
  const { dialect, projects, executions } = server
  const name = required(call, 'project')
  const project = findProject(projects, name, dialect.projectsInAnyCase)
  if (!project) {
    return dialect.version === '3.0.0'
      ? emptyAnswer(200)
      : jsonAnswer({ project: name, error: `Project ${name} doesn't exist.` })
  }
  const said = { project: name, projectId: project.id }
  if (!may(call.user, 'READ', project)) {
    return jsonAnswer({ ...said, error: 'Permission denied. Need READ access.' })
  }
  const ajax = call.parameters.get('ajax') ?? ''
  if (ajax === 'fetchprojectflows') {
    const ids = hashOrder(project.definition.flows.map(({ id }) => id))
    const flows = ids.map((flowId) => ({ flowId }))
    return jsonAnswer({ flows, ...said })
  }
  if (ajax !== 'fetchFlowExecutions') {
    return jsonAnswer({ ...said, error: `Cannot execute command ${ajax}` })
  }
  const flow = required(call, 'flow')
  const from = requiredInteger(call, 'start')
  const length = requiredInteger(call, 'length')
  const all = executions.all().filter(({ execution }) => {
    return execution.project === project && execution.flow.id === flow
  })
  const page = all.toReversed().slice(Math.max(0, from), Math.max(0, from) + Math.max(0, length))
  const shown = page.map(({ execution, rowStatus }) => ({
    execId: execution.execId,
    flowId: flow,
    projectId: project.id,
    status: rowStatus,
    submitTime: execution.submitTime,
    startTime: execution.startTime,
    endTime: execution.endTime,
    submitUser: execution.submitUser
  }))
  return jsonAnswer({ ...said, flow, total: all.length, from, length, executions: shown })
}
