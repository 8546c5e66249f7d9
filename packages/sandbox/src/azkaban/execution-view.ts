import { allNodes, type Status } from './execution.ts'
import type { Entry } from './executions.ts'

/** An execution as it really is, whatever the web server says of it. */
export interface ExecutionView {
  readonly execId: number
  readonly project: string
  readonly flow: string
  readonly status: Status
  /** What fetchexecflow says. */
  readonly shownStatus: Status
  readonly submitTime: number
  readonly startTime: number
  readonly endTime: number
  readonly jobs: readonly JobView[]
}

export interface JobView {
  readonly nestedId: string
  readonly status: Status
  readonly attempt: number
  /** Of all attempts, oldest first. */
  readonly applicationIds: readonly string[]
}

export function viewOf({ execution, rowStatus }: Entry): ExecutionView {
  const { execId, project, flow, status, submitTime, startTime, endTime } = execution
  const jobs = allNodes(execution.nodes).map((node) => ({
    nestedId: node.nestedId,
    status: node.status,
    attempt: node.attempt,
    applicationIds: [...node.applicationIds]
  }))
  return {
    execId,
    project: project.name,
    flow: flow.id,
    status,
    shownStatus: rowStatus,
    submitTime,
    startTime,
    endTime,
    jobs
  }
}
