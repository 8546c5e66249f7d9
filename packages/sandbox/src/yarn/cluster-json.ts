import type { Application, PublicState } from './application.ts'
import type { Applications } from './applications.ts'
import { type Cluster, clusterResource, nodeId } from './cluster.ts'
import { noResource, resourceJson } from './resource-json.ts'
import { heldResource, sum } from './usage.ts'
import { double, float, type Wire } from './wire.ts'

const storePackage = 'org.apache.hadoop.yarn.server.resourcemanager.recovery'
const commit = '3.3.6 from 1be78238728da9266a4f88195058f08fd012bf9c by ubuntu source checksum'

/** Version members that the ResourceManager and the NodeManager both show. */
export function buildJson(prefix: 'resourceManager' | 'nodeManager'): { [key: string]: string } {
  return {
    [`${prefix}Version`]: '3.3.6',
    [`${prefix}BuildVersion`]: `${commit} d42eb795a5eadb0febf5e44a7f87a9`,
    [`${prefix}VersionBuiltOn`]: '2023-06-18T08:31Z',
    hadoopVersion: '3.3.6',
    hadoopBuildVersion: `${commit} 5652179ad55f76cb287d9c633bb53bbd`,
    hadoopVersionBuiltOn: '2023-06-18T08:22Z'
  }
}

/** §4.1. */
export function infoJson(cluster: Cluster): Wire {
  return {
    clusterInfo: {
      id: cluster.activatedAt,
      startedOn: cluster.activatedAt,
      state: 'STARTED',
      haState: cluster.role === 'active' ? 'ACTIVE' : 'STANDBY',
      rmStateStoreName: `${storePackage}.${cluster.highAvailability ? 'ZK' : 'Null'}RMStateStore`,
      ...buildJson('resourceManager'),
      haZooKeeperConnectionState: cluster.highAvailability
        ? 'CONNECTED'
        : 'Could not find leader elector. Verify both HA and automatic failover are enabled.'
    }
  }
}

/** §4.2. */
export function metricsJson(cluster: Cluster, apps: Applications): Wire {
  const total = cluster.nodes === 0 ? noResource : clusterResource
  const live = apps.live()
  const used = sum(live.map(heldResource))
  const containers = countContainers(live)
  const waiting = live.filter((app) => app.attempts.at(-1)?.stage === 'scheduled')
  const pending = sum(waiting.map((app) => app.resource))
  const count = (state: PublicState) => apps.in(state).length
  const capacity = cluster.scheduler === 'capacity'
  return {
    clusterMetrics: {
      appsSubmitted: apps.all().length,
      appsCompleted: count('FINISHED'),
      appsPending: count('ACCEPTED'),
      appsRunning: count('RUNNING'),
      appsFailed: count('FAILED'),
      appsKilled: count('KILLED'),
      reservedMB: 0,
      availableMB: total.memory - used.memory,
      allocatedMB: used.memory,
      pendingMB: pending.memory,
      reservedVirtualCores: 0,
      availableVirtualCores: total.vCores - used.vCores,
      allocatedVirtualCores: used.vCores,
      pendingVirtualCores: pending.vCores,
      containersAllocated: containers,
      containersReserved: 0,
      containersPending: waiting.length,
      totalMB: total.memory,
      totalVirtualCores: total.vCores,
      utilizedMBPercent: 4,
      utilizedVirtualCoresPercent: 12,
      rmSchedulerBusyPercent: 0,
      totalNodes: cluster.nodes,
      lostNodes: 0,
      unhealthyNodes: 0,
      decommissioningNodes: 0,
      decommissionedNodes: 0,
      rebootedNodes: 0,
      activeNodes: cluster.nodes,
      shutdownNodes: 0,
      totalUsedResourcesAcrossPartition: capacity ? resourceJson(used) : undefined,
      totalClusterResourcesAcrossPartition: capacity ? resourceJson(total) : undefined,
      totalReservedResourcesAcrossPartition: capacity ? resourceJson(noResource) : undefined,
      totalAllocatedContainersAcrossPartition: capacity ? containers : 0,
      crossPartitionMetricsAvailable: capacity
    }
  }
}

/** §4.3, for the states asked for (none = all). */
export function nodesJson(cluster: Cluster, apps: Applications, states: readonly string[]): Wire {
  const wanted = states.length === 0 || states.includes('RUNNING')
  if (cluster.nodes === 0 || !wanted) return { nodes: {} }
  const live = apps.live()
  const used = sum(live.map(heldResource))
  const free = {
    memory: clusterResource.memory - used.memory,
    vCores: clusterResource.vCores - used.vCores
  }
  const node = {
    rack: '/default-rack',
    state: 'RUNNING',
    id: nodeId(cluster),
    nodeHostName: cluster.nodeHost,
    nodeHTTPAddress: cluster.nodeHttpAddress,
    lastHealthUpdate: cluster.clock(),
    version: '3.3.6',
    healthReport: '',
    numContainers: countContainers(live),
    usedMemoryMB: used.memory,
    availMemoryMB: free.memory,
    usedVirtualCores: used.vCores,
    availableVirtualCores: free.vCores,
    memUtilization: float(4.526032),
    cpuUtilization: float(14.82839),
    numRunningOpportContainers: 0,
    usedMemoryOpportGB: 0,
    usedVirtualCoresOpport: 0,
    numQueuedContainers: 0,
    allocationTags: {},
    resourceUtilization: {
      nodePhysicalMemoryMB: 1091,
      nodeVirtualMemoryMB: 1091,
      nodeCPUUsage: double(0.29656779766082764),
      aggregatedContainersPhysicalMemoryMB: 0,
      aggregatedContainersVirtualMemoryMB: 0,
      containersCPUUsage: double(0)
    },
    usedResource: resourceJson(used),
    availableResource: resourceJson(free),
    nodeAttributesInfo: {},
    totalResource: resourceJson(clusterResource)
  }
  return { nodes: { node: [node] } }
}

const statisticsOrder: readonly PublicState[] = [
  'KILLED',
  'FAILED',
  'SUBMITTED',
  'NEW_SAVING',
  'ACCEPTED',
  'FINISHED',
  'RUNNING',
  'NEW'
]

/** `GET /appstatistics` without filters. */
export function statisticsJson(apps: Applications): Wire {
  const statItem = statisticsOrder.map((state) => ({
    state,
    type: '*',
    count: apps.in(state).length
  }))
  return { appStatInfo: { statItem } }
}

function countContainers(apps: readonly Application[]): number {
  return apps.reduce((total, app) => {
    const attempt = app.attempts.at(-1)
    return total + (attempt && attempt.stage !== 'ended' ? attempt.containers.length : 0)
  }, 0)
}
