import { hashOrder } from './java-map.ts'
import type { JobLog } from './job-log.ts'
import type { FlowDefinition, JobDefinition } from './options.ts'
import type { Project } from './projects.ts'

// PAUSED is only shown, on demand.
// A flow:  PREPARING|READY -> RUNNING -> [FAILED_FINISHING] -> SUCCEEDED | FAILED
//          RUNNING -> [KILLING] -> KILLED;  PREPARING -> FAILED when cancelled in the queue
// A job:   READY -> RUNNING -> SUCCEEDED | FAILED | KILLED;  FAILED -> QUEUED -> RUNNING (retry)
//          READY -> CANCELLED | KILLED | KILLING;  DISABLED -> SKIPPED

export const statuses = [
  'READY',
  'PREPARING',
  'RUNNING',
  'PAUSED',
  'SUCCEEDED',
  'KILLING',
  'KILLED',
  'FAILED',
  'FAILED_FINISHING',
  'SKIPPED',
  'DISABLED',
  'QUEUED',
  'CANCELLED'
] as const
export type Status = (typeof statuses)[number]

export interface Attempt {
  readonly attempt: number
  readonly startTime: number
  readonly endTime: number
  readonly status: Status
}

/** What a flow and each of its jobs have; times are epoch ms, -1 = not yet. */
export interface Timed {
  status: Status
  startTime: number
  endTime: number
  updateTime: number
}

export interface Node extends Timed {
  readonly nestedId: string
  readonly definition: JobDefinition
  /** Of an embedded flow. */
  readonly children: readonly Node[]
  attempt: number
  readonly pastAttempts: Attempt[]
  readonly applicationIds: string[]
}

export interface Execution extends Timed {
  readonly execId: number
  readonly project: Project
  /** As asked for, in the letter case of the request. */
  readonly projectName: string
  readonly flow: FlowDefinition
  readonly submitUser: string
  readonly submitTime: number
  /** `flowOverride` of the request. */
  readonly overrides: ReadonlyMap<string, string>
  readonly nodes: readonly Node[]
  /** Logs by nested id and attempt. */
  readonly logs: Map<string, JobLog>
}

export const finalStatuses: readonly Status[] = ['SUCCEEDED', 'FAILED', 'KILLED']
const finishedJob: readonly Status[] = [...finalStatuses, 'SKIPPED', 'CANCELLED']

export function isFinal(status: Status): boolean {
  return finalStatuses.includes(status)
}

/** Whether nothing more happens to a job. */
export function isFinished(status: Status): boolean {
  return finishedJob.includes(status)
}

export function logKey(nestedId: string, attempt: number): string {
  return `${nestedId}#${attempt}`
}

/** All nodes, embedded ones after their flow. */
export function allNodes(nodes: readonly Node[]): Node[] {
  return nodes.flatMap((node) => [node, ...allNodes(node.children)])
}

/** @param disabled nested ids that are not to run */
export function newNodes(
  flow: FlowDefinition,
  disabled: ReadonlySet<string>,
  prefix = ''
): readonly Node[] {
  const ids = hashOrder(flow.jobs.map((job) => job.id))
  return ids.flatMap((id) => {
    const definition = flow.jobs.find((job) => job.id === id)
    return definition ? [newNode(definition, disabled, prefix)] : []
  })
}

function newNode(definition: JobDefinition, disabled: ReadonlySet<string>, prefix: string): Node {
  const nestedId = `${prefix}${definition.id}`
  const children = definition.flow ? newNodes(definition.flow, disabled, `${nestedId}:`) : []
  return {
    nestedId,
    definition,
    children,
    status: disabled.has(nestedId) ? 'DISABLED' : 'READY',
    startTime: -1,
    endTime: -1,
    updateTime: -1,
    attempt: 0,
    pastAttempts: [],
    applicationIds: []
  }
}
