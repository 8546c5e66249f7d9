import { partitionUsage } from './app-json.ts'
import type { Application } from './application.ts'
import type { Applications } from './applications.ts'
import { type Cluster, clusterResource, maximumAllocation } from './cluster.ts'
import type { Queue } from './queues.ts'
import { configuredResourceJson, noResource, resourceJson } from './resource-json.ts'
import { queueResource } from './scheduler-sentence.ts'
import { heldResource, sum } from './usage.ts'
import { float, type Wire } from './wire.ts'

/** Limit for ApplicationMasters: 0.9 of the cluster in steps of 256 MiB, as on the recorded one. */
const amLimit = { memory: 7424, vCores: 15 }
const maxApplications = 10_000

/** §4.4: the CapacityScheduler, which writes its root queue inline. */
export function capacityJson(cluster: Cluster, apps: Applications): Wire {
  const { queues } = cluster
  return {
    scheduler: {
      schedulerInfo: {
        type: 'capacityScheduler',
        capacity: float(100),
        usedCapacity: float(usedShare(sum(apps.live().map(heldResource)).memory, 100)),
        maxCapacity: float(100),
        queueName: 'root',
        isAbsoluteResource: false,
        queues: children(queues, apps),
        capacities: { queueCapacitiesByPartition: [rootCapacities(cluster)] },
        health: healthJson(cluster),
        maximumAllocation: resourceJson(maximumAllocation),
        queueAcls: acls('*'),
        queuePriority: 0,
        orderingPolicyInfo: 'utilization'
      }
    }
  }
}

function children(queue: Queue, apps: Applications): Wire {
  return { queue: queue.children.map((child) => queueJson(child, apps)) }
}

function queueJson(queue: Queue, apps: Applications): Wire {
  const inside = apps.live().filter((app) => isIn(app, queue))
  const used = sum(inside.map(heldResource))
  const leaf = queue.children.length === 0
  const shares = {
    capacity: float(queue.capacity),
    usedCapacity: float(usedShare(used.memory, queue.absoluteCapacity)),
    maxCapacity: float(100),
    absoluteCapacity: float(queue.absoluteCapacity),
    absoluteMaxCapacity: float(100),
    absoluteUsedCapacity: float(usedShare(used.memory, 100))
  }
  const containers = inside.reduce(
    (total, app) => total + (app.attempts.at(-1)?.containers.length ?? 0),
    0
  )
  return {
    type: leaf ? 'capacitySchedulerLeafQueueInfo' : undefined,
    ...shares,
    numApplications: inside.length,
    queueName: queue.name,
    isAbsoluteResource: false,
    state: 'RUNNING',
    queues: leaf ? undefined : children(queue, apps),
    resourcesUsed: resourceJson(used),
    hideReservationQueues: false,
    nodeLabels: ['*'],
    allocatedContainers: containers,
    reservedContainers: 0,
    pendingContainers: inside.filter((app) => app.attempts.at(-1)?.stage === 'scheduled').length,
    capacities: { queueCapacitiesByPartition: [queueCapacities(queue, shares)] },
    resources: {
      resourceUsagesByPartition: [
        partitionUsage({ used, pending: noResource, amUsed: amUsed(inside), amLimit })
      ]
    },
    minEffectiveCapacity: resourceJson(queueResource(queue.absoluteCapacity)),
    maxEffectiveCapacity: resourceJson(clusterResource),
    maximumAllocation: resourceJson(maximumAllocation),
    queueAcls: acls(' '),
    queuePriority: 0,
    orderingPolicyInfo: leaf ? 'fifo' : 'utilization',
    autoCreateChildQueueEnabled: false,
    leafQueueTemplate: {},
    ...(leaf ? leafMembers(queue, inside) : {})
  }
}

function leafMembers(queue: Queue, inside: readonly Application[]): { [key: string]: Wire } {
  const active = inside.filter((app) => app.attempts.length > 0)
  const most = Math.floor((maxApplications * queue.absoluteCapacity) / 100)
  return {
    numActiveApplications: active.length,
    numPendingApplications: inside.length - active.length,
    numContainers: inside.reduce(
      (total, app) => total + (app.attempts.at(-1)?.containers.length ?? 0),
      0
    ),
    maxApplications: most,
    maxApplicationsPerUser: most,
    userLimit: 100,
    users: usersJson(inside),
    userLimitFactor: float(10),
    configuredMaxAMResourceLimit: float(0.9),
    AMResourceLimit: resourceJson(amLimit),
    usedAMResource: resourceJson(amUsed(inside)),
    userAMResourceLimit: resourceJson(amLimit),
    preemptionDisabled: true,
    intraQueuePreemptionDisabled: true,
    defaultPriority: 0,
    isAutoCreatedLeafQueue: false,
    maxApplicationLifetime: -1,
    defaultApplicationLifetime: -1
  }
}

function usersJson(inside: readonly Application[]): Wire {
  const names = [...new Set(inside.map((app) => app.user))]
  if (names.length === 0) return {}
  const user = names.map((username) => {
    const own = inside.filter((app) => app.user === username)
    const used = sum(own.map(heldResource))
    return {
      username,
      resourcesUsed: resourceJson(used),
      numPendingApplications: own.filter((app) => app.attempts.length === 0).length,
      numActiveApplications: own.filter((app) => app.attempts.length > 0).length,
      AMResourceUsed: resourceJson(amUsed(own)),
      userResourceLimit: resourceJson(clusterResource),
      resources: {
        resourceUsagesByPartition: [
          partitionUsage({ used, pending: noResource, amUsed: amUsed(own), amLimit })
        ]
      },
      userWeight: float(1),
      isActive: false
    }
  })
  return { user }
}

function queueCapacities(queue: Queue, shares: { [key: string]: Wire }): Wire {
  const { capacity, usedCapacity, maxCapacity, absoluteCapacity, absoluteUsedCapacity } = shares
  return {
    partitionName: '',
    capacity,
    usedCapacity,
    maxCapacity,
    absoluteCapacity,
    absoluteUsedCapacity,
    absoluteMaxCapacity: float(100),
    maxAMLimitPercentage: float(90),
    configuredMinResource: configuredResourceJson(noResource),
    configuredMaxResource: configuredResourceJson(noResource),
    effectiveMinResource: resourceJson(queueResource(queue.absoluteCapacity)),
    effectiveMaxResource: resourceJson(clusterResource)
  }
}

function rootCapacities(cluster: Cluster): Wire {
  const all = resourceJson(cluster.nodes === 0 ? noResource : clusterResource)
  return {
    partitionName: '',
    capacity: float(100),
    usedCapacity: float(0),
    maxCapacity: float(100),
    absoluteCapacity: float(100),
    absoluteUsedCapacity: float(0),
    absoluteMaxCapacity: float(100),
    maxAMLimitPercentage: float(0),
    configuredMinResource: all,
    configuredMaxResource: all,
    effectiveMinResource: all,
    effectiveMaxResource: all
  }
}

function healthJson(cluster: Cluster): Wire {
  const none = { nodeId: 'N/A', containerId: 'N/A', queue: 'N/A' }
  const kinds = ['last-allocation', 'last-release', 'last-preemption', 'last-reservation']
  return {
    lastrun: cluster.clock(),
    operationsInfo: kinds.map((operation) => ({ operation, ...none })),
    lastRunDetails: ['releases', 'allocations', 'reservations'].map((operation) => ({
      operation,
      count: 0,
      resources: resourceJson(noResource)
    }))
  }
}

function acls(accessControlList: string): Wire {
  return {
    queueAcl: [
      { accessType: 'ADMINISTER_QUEUE', accessControlList },
      { accessType: 'SUBMIT_APP', accessControlList },
      { accessType: 'APPLICATION_MAX_PRIORITY', accessControlList: '*' }
    ]
  }
}

function isIn(app: Application, queue: Queue): boolean {
  if (queue.children.length > 0) return queue.children.some((child) => isIn(app, child))
  return app.queue === queue.name || app.queue === queue.path
}

function amUsed(apps: readonly Application[]) {
  return sum(apps.filter((app) => app.attempts.length > 0).map((app) => app.resource))
}

function usedShare(memory: number, capacity: number): number {
  return capacity === 0 ? 0 : (memory / clusterResource.memory / capacity) * 10_000
}
