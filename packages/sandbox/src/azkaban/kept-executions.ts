import { z } from 'zod'
import { type KeptValues, keepValues } from '../yarn/kept-values.ts'
import type { Timers } from '../yarn/timers.ts'
import { allNodes, type Execution, isFinal, isFinished, newNodes, statuses } from './execution.ts'
import type { Executions } from './executions.ts'
import { findFlow, findProject, type Project } from './projects.ts'

const timed = {
  status: z.enum(statuses),
  startTime: z.number(),
  endTime: z.number(),
  updateTime: z.number()
}
const attempt = z.object({
  attempt: z.number().int(),
  startTime: z.number(),
  endTime: z.number(),
  status: z.enum(statuses)
})

const keptExecution = z.object({
  execId: z.number().int(),
  project: z.string(),
  flow: z.string(),
  submitUser: z.string(),
  submitTime: z.number(),
  ...timed,
  nodes: z.array(
    z.object({
      nestedId: z.string(),
      ...timed,
      attempt: z.number().int(),
      pastAttempts: z.array(attempt),
      applicationIds: z.array(z.string())
    })
  )
})
type KeptExecution = z.output<typeof keptExecution>

/** Executions in a file, without their logs. */
export function keepExecutions(
  path: string,
  executions: Executions,
  timers: Timers
): KeptValues<KeptExecution> {
  const values = () => executions.all().map(({ execution }) => kept(execution))
  return keepValues({ path, key: 'executions', schema: keptExecution, values }, timers)
}

function kept(execution: Execution): KeptExecution {
  const { execId, project, flow, submitUser, submitTime } = execution
  const { status, startTime, endTime, updateTime } = execution
  const common = { execId, submitUser, submitTime, status, startTime, endTime, updateTime }
  const nodes = allNodes(execution.nodes).map((node) => ({
    nestedId: node.nestedId,
    status: node.status,
    startTime: node.startTime,
    endTime: node.endTime,
    updateTime: node.updateTime,
    attempt: node.attempt,
    pastAttempts: [...node.pastAttempts],
    applicationIds: [...node.applicationIds]
  }))
  return { ...common, project: project.name, flow: flow.id, nodes }
}

/** The execution as it is shown from now on; what had not ended is KILLED. Undefined without its flow. */
export function revive(from: KeptExecution, projects: readonly Project[]): Execution | undefined {
  const project = findProject(projects, from.project, false)
  const flow = project && findFlow(project, from.flow)
  if (!project || !flow) return undefined
  const { execId, submitUser, submitTime, status, startTime, endTime, updateTime } = from
  const nodes = newNodes(flow, new Set())
  for (const node of allNodes(nodes)) {
    const old = from.nodes.find((one) => one.nestedId === node.nestedId)
    if (old) Object.assign(node, old)
    if (!isFinished(node.status)) end(node)
  }
  const execution: Execution = {
    execId,
    project,
    projectName: project.name,
    flow,
    submitUser,
    submitTime,
    overrides: new Map(),
    nodes,
    logs: new Map(),
    status,
    startTime,
    endTime,
    updateTime
  }
  if (!isFinal(status)) end(execution)
  return execution
}

function end(one: { status: string; endTime: number; updateTime: number }): void {
  const now = Date.now()
  Object.assign(one, { status: 'KILLED', endTime: now, updateTime: now })
}
