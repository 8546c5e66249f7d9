import type { Execution, Node, Timed } from './execution.ts'
import { hashOrder } from './java-map.ts'
import type { Json } from './pretty-json.ts'

/**
 * The answer of fetchexecflow (§5.1) as the execution stands now. `id` comes before `endTime`, and
 * `type` before `pastAttempts`, because these share a bucket of the Java map.
 */
export function executionJson(execution: Execution): Json {
  const { flow, execId, submitTime, submitUser, project } = execution
  return {
    project: project.name,
    execid: execId,
    submitTime,
    submitUser,
    projectId: project.id,
    attempt: 0,
    id: flow.id,
    nestedId: flow.id,
    type: null,
    ...flowJson(flow.id, execution, execution.nodes)
  }
}

function flowJson(id: string, timed: Timed, nodes: readonly Node[]) {
  return { flow: id, flowId: id, ...times(timed), nodes: nodes.map(nodeJson) }
}

function nodeJson(node: Node): Json {
  const { definition, nestedId, attempt } = node
  const { id, flow, dependsOn = [] } = definition
  return {
    id,
    nestedId,
    attempt,
    type: flow ? 'flow' : 'command',
    ...(flow ? flowJson(flow.id, node, node.children) : times(node)),
    ...(dependsOn.length > 0 && { in: hashOrder(dependsOn) }),
    ...(node.pastAttempts.length > 0 && {
      pastAttempts: node.pastAttempts.map((one) => ({ ...one }))
    })
  }
}

function times({ status, startTime, endTime, updateTime }: Timed) {
  return { status, startTime, endTime, updateTime }
}
