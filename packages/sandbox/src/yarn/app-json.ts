import {
  type Application,
  type AttemptStage,
  currentAttempt,
  isFinal,
  isFinalStateStored,
  type Resource
} from './application.ts'
import { type Cluster, mayAccess, nodeId } from './cluster.ts'
import { noResource, resourceJson } from './resource-json.ts'
import { heldResource, usageOf } from './usage.ts'
import { float, javaMap, type Wire } from './wire.ts'

export const deSelectable = [
  'resourceRequests',
  'timeouts',
  'appNodeLabelExpression',
  'amNodeLabelExpression',
  'resourceInfo'
] as const
export type DeSelect = (typeof deSelectable)[number]

export interface View {
  readonly cluster: Cluster
  /** User who asks; without access times and places are hidden. */
  readonly caller: string
  readonly without: ReadonlySet<DeSelect>
}

/** The members of `AppInfo` in the order of 3.3.6 (§4.6). */
export function appJson(app: Application, view: View): Wire {
  const { cluster, without } = view
  const access = mayAccess(cluster, view.caller, app.user)
  const now = cluster.clock()
  const usage = usageOf(cluster, app)
  const attempted = app.attempts.length > 0
  const whole = {
    id: app.id,
    user: app.user,
    name: app.name,
    queue: app.queue,
    state: app.publicState,
    finalStatus: app.finalStatus,
    progress: float(app.progress),
    ...tracking(app, cluster),
    diagnostics: app.diagnostics,
    clusterId: cluster.activatedAt,
    applicationType: app.type,
    applicationTags: app.tags.join(','),
    priority: app.priority,
    startedTime: access ? app.startedTime : 0,
    launchTime: access ? app.launchTime : 0,
    finishedTime: access ? app.finishedTime : 0,
    elapsedTime: access ? (app.finishedTime || now) - app.startedTime : 0,
    ...(access ? master(app, cluster) : {}),
    masterNodeId: access && launched(app) ? nodeId(cluster) : '',
    allocatedMB: access ? usage.memory : 0,
    allocatedVCores: access ? usage.vCores : 0,
    reservedMB: access ? usage.reserved : 0,
    reservedVCores: access ? usage.reserved : 0,
    runningContainers: access ? usage.containers : 0,
    memorySeconds: usage.memorySeconds,
    vcoreSeconds: usage.vcoreSeconds,
    queueUsagePercentage: float(access ? usage.queuePercentage : 0),
    clusterUsagePercentage: float(access ? usage.clusterPercentage : 0),
    resourceSecondsMap: hasUsage(app)
      ? javaMap([
          ['memory-mb', String(usage.memorySeconds)],
          ['vcores', String(usage.vcoreSeconds)]
        ])
      : {},
    preemptedResourceMB: 0,
    preemptedResourceVCores: 0,
    numNonAMContainerPreempted: 0,
    numAMContainerPreempted: 0,
    preemptedMemorySeconds: 0,
    preemptedVcoreSeconds: 0,
    preemptedResourceSecondsMap: {},
    resourceRequests: stageOf(app) === 'scheduled' ? [amRequest(app.resource)] : undefined,
    logAggregationStatus: access ? aggregationStatus(app, cluster) : undefined,
    unmanagedApplication: app.unmanaged,
    appNodeLabelExpression: app.nodeLabelExpression,
    amNodeLabelExpression: attempted ? '' : undefined,
    resourceInfo: without.has('resourceInfo') ? undefined : resourceInfo(app, cluster),
    timeouts: {
      timeout: [{ type: 'LIFETIME', expiryTime: 'UNLIMITED', remainingTimeInSeconds: -1 }]
    }
  }
  if (app.rejected || without.size === 0) return whole
  return Object.fromEntries(Object.entries(whole).filter(([name]) => !isLeftOut(name, without)))
}

function isLeftOut(name: string, without: ReadonlySet<DeSelect>): boolean {
  return deSelectable.some((one) => one === name && without.has(one))
}

function stageOf(app: Application): AttemptStage | undefined {
  return currentAttempt(app)?.stage
}

function launched(app: Application): boolean {
  return (currentAttempt(app)?.containerId ?? '') !== ''
}

function hasUsage(app: Application): boolean {
  if (app.launchTime > 0) return true
  const stage = stageOf(app)
  return stage === 'scheduled' || stage === 'launched'
}

/** Absent before RUNNING; proxied while it lives and when it FINISHED; else the RM's own page. */
function tracking(app: Application, cluster: Cluster): { [key: string]: Wire } {
  const base = `http://${cluster.webAddress}`
  const proxied = { trackingUrl: `${base}/proxy/${app.id}/` }
  if (app.publicState === 'FINISHED') return { trackingUI: 'History', ...proxied }
  if (isFinalStateStored(app) && app.attempts.length > 0) {
    return { trackingUI: 'History', trackingUrl: `${base}/cluster/app/${app.id}` }
  }
  if (app.publicState === 'RUNNING') return { trackingUI: 'ApplicationMaster', ...proxied }
  return { trackingUI: 'UNASSIGNED' }
}

function master(app: Application, cluster: Cluster): { [key: string]: Wire } {
  const attempt = currentAttempt(app)
  if (!attempt || attempt.containerId === '') return {}
  const { nodeHost, nodeHttpAddress } = cluster
  return {
    amContainerLogs: logsLink(cluster, attempt.containerId, app.user),
    amHostHttpAddress: nodeHttpAddress,
    amRPCAddress: attempt.rpcPort === undefined ? undefined : `${nodeHost}:${attempt.rpcPort}`
  }
}

export function logsLink(cluster: Cluster, containerId: string, user: string): string {
  return `http://${cluster.nodeHttpAddress}/node/containerlogs/${containerId}/${user}`
}

function amRequest(resource: Resource): Wire {
  return {
    priority: 0,
    allocationRequestId: -1,
    resourceName: '*',
    capability: resourceJson(resource),
    numContainers: 1,
    relaxLocality: true,
    nodeLabelExpression: '',
    executionTypeRequest: { executionType: 'GUARANTEED', enforceExecutionType: false }
  }
}

/** Only the CapacityScheduler tells it, and only while it knows the attempt. */
function resourceInfo(app: Application, cluster: Cluster): Wire {
  const stage = stageOf(app)
  const known = stage === 'scheduled' || stage === 'launched' || stage === 'registered'
  if (cluster.scheduler !== 'capacity' || isFinal(app) || !known) return undefined
  return {
    resourceUsagesByPartition: [
      partitionUsage({
        used: heldResource(app),
        pending: stage === 'scheduled' ? app.resource : noResource,
        amUsed: app.resource,
        amLimit: noResource
      })
    ]
  }
}

export interface PartitionUsage {
  readonly used: Resource
  readonly pending: Resource
  readonly amUsed: Resource
  readonly amLimit: Resource
}

export function partitionUsage(usage: PartitionUsage): Wire {
  return {
    partitionName: '',
    used: resourceJson(usage.used),
    reserved: resourceJson(noResource),
    pending: resourceJson(usage.pending),
    amUsed: resourceJson(usage.amUsed),
    amLimit: resourceJson(usage.amLimit),
    userAmLimit: resourceJson(noResource)
  }
}

function aggregationStatus(app: Application, { aggregated }: Cluster): string {
  if (!aggregated) return 'DISABLED'
  if (!isFinal(app)) return 'NOT_START'
  return aggregated.has(app.id) ? 'SUCCEEDED' : 'RUNNING'
}
