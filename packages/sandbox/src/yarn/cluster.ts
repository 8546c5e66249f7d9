import type { Resource } from './application.ts'
import type { Queue } from './queues.ts'

/** How long each step of an application takes, in ms. */
export interface Timing {
  /** NEW_SAVING. */
  readonly newSavingMs: number
  /** From submission to ACCEPTED. */
  readonly acceptMs: number
  /** From ACCEPTED to the start of the AM's container. */
  readonly launchMs: number
  /** From ACCEPTED to RUNNING. */
  readonly registerMs: number
  /** FINAL_SAVING. */
  readonly finalSavingMs: number
  /** FINISHING: the AM has unregistered, its container still exits. */
  readonly finishingMs: number
  /** KILLING. */
  readonly killingMs: number
  /** From the loss of the driver to the AM's unregistration (client mode). */
  readonly driverGoneMs: number
  /** How long the AM of client mode waits for its driver before it fails. */
  readonly driverWaitMs: number
}

export const defaultTiming: Timing = {
  newSavingMs: 5,
  acceptMs: 100,
  launchMs: 100,
  registerMs: 300,
  finalSavingMs: 10,
  finishingMs: 150,
  killingMs: 30,
  driverGoneMs: 150,
  driverWaitMs: 10_000
}

export type Role = 'active' | 'standby' | 'noActive'

/** What all parts of the stand-in know about the cluster they play. */
export interface Cluster {
  readonly clock: () => number
  readonly scheduler: 'capacity' | 'fair'
  readonly queues: Queue
  /** `yarn.acl.enable`. */
  readonly acl: boolean
  readonly admins: readonly string[]
  readonly timing: Timing
  /** Running NodeManagers. Without one an application waits for ever. */
  readonly nodes: 0 | 1
  /** host:port under which the ResourceManager names itself. */
  webAddress: string
  nodeHost: string
  /** host:port of the NodeManager's web server. */
  nodeHttpAddress: string
  /** Epoch ms at which this ResourceManager became active: the first number of its ids. */
  activatedAt: number
  /** Times it has taken over; from 1 on container ids bear `e<epoch>_`. */
  epoch: number
  role: Role
  /** True once a role was set: the answers name ZooKeeper and its state store. */
  highAvailability: boolean
  /** Applications whose logs are with the history server by now; undefined: `yarn.log-aggregation-enable=false`. */
  readonly aggregated: Set<string> | undefined
  /** Base URL of the history server; '' when there is none. */
  historyUrl: string
  /** Base URL of the active peer that a standby redirects to. */
  activeUrl: string
}

/** One NodeManager of the recorded cluster. */
export const clusterResource: Resource = { memory: 8192, vCores: 16 }
export const maximumAllocation: Resource = { memory: 4096, vCores: 4 }

export function nodeId(cluster: Cluster): string {
  return `${cluster.nodeHost}:45454`
}

/** Without `yarn.acl.enable` everybody may see and change everything. */
export function mayAccess(cluster: Cluster, caller: string, owner: string): boolean {
  return !cluster.acl || caller === owner || cluster.admins.includes(caller)
}
