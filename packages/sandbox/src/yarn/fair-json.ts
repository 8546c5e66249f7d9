import type { Application } from './application.ts'
import type { Applications } from './applications.ts'
import { type Cluster, clusterResource, maximumAllocation } from './cluster.ts'
import type { Queue } from './queues.ts'
import { configuredResourceJson, noResource, resourceJson } from './resource-json.ts'
import { heldResource, sum } from './usage.ts'
import type { Wire } from './wire.ts'

const intMax = 2_147_483_647

/** §4.4: the FairScheduler, which nests its root queue and names queues by their full path. */
export function fairJson(cluster: Cluster, apps: Applications): Wire {
  const rootQueue = queueJson(cluster.queues, apps)
  return { scheduler: { schedulerInfo: { type: 'fairScheduler', rootQueue } } }
}

function queueJson(queue: Queue, apps: Applications): Wire {
  const inside = apps.live().filter((app) => isIn(app, queue))
  const leaf = queue.children.length === 0
  const used = sum(inside.map(heldResource))
  const masters = sum(inside.map((app) => app.resource))
  const share = {
    memory: Math.ceil((clusterResource.memory * queue.absoluteCapacity) / 100),
    vCores: queue.path === 'root' ? clusterResource.vCores : 0
  }
  const active = inside.filter((app) => app.attempts.length > 0).length
  return {
    type: leaf ? 'fairSchedulerLeafQueueInfo' : undefined,
    maxApps: intMax,
    minResources: configuredResourceJson(noResource),
    maxResources: resourceJson(clusterResource),
    usedResources: resourceJson(used),
    amUsedResources: resourceJson(leaf ? masters : noResource),
    amMaxResources: resourceJson(noResource),
    demandResources: resourceJson(used),
    steadyFairResources: resourceJson(share),
    fairResources: resourceJson(inside.length > 0 || queue.path === 'root' ? share : noResource),
    clusterResources: resourceJson(clusterResource),
    reservedResources: resourceJson(noResource),
    maxContainerAllocation: resourceJson(maximumAllocation),
    pendingContainers: 0,
    allocatedContainers: inside.reduce(
      (total, app) => total + (app.attempts.at(-1)?.containers.length ?? 0),
      0
    ),
    reservedContainers: 0,
    queueName: queue.path,
    schedulingPolicy: 'fair',
    preemptable: true,
    ...(leaf
      ? { numPendingApps: inside.length - active, numActiveApps: active }
      : { childQueues: { queue: queue.children.map((child) => queueJson(child, apps)) } })
  }
}

function isIn(app: Application, queue: Queue): boolean {
  return app.queue === queue.path || app.queue.startsWith(`${queue.path}.`)
}
