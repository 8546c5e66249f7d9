import type { Application, Resource } from './application.ts'
import { type Cluster, clusterResource } from './cluster.ts'
import { javaDate } from './java-date.ts'
import { findQueue } from './queues.ts'
import { float } from './wire.ts'

/** The diagnostics of a waiting application under the CapacityScheduler; Fair writes none. */
export function schedulerSentence(cluster: Cluster, app: Application): string {
  if (cluster.scheduler === 'fair') return ''
  const date = javaDate(cluster.clock())
  if (cluster.nodes === 0) {
    const none = text({ memory: 0, vCores: 0 })
    return `[${date}] Application is added to the scheduler and is not yet activated. Skipping AM assignment as cluster resource is empty.  Details : AM Partition = <DEFAULT_PARTITION>; AM Resource Request = ${text(app.resource)}; Queue Resource Limit for AM = ${none}; User AM Resource Limit of the queue = ${none}; Queue AM Resource Usage = ${none}; `
  }
  const share = findQueue(cluster.queues, app.queue)?.absoluteCapacity ?? 100
  const capacity = queueResource(share)
  return `[${date}] Application is Activated, waiting for resources to be assigned for AM.  Details : AM Partition = <DEFAULT_PARTITION> ; Partition Resource = ${text(clusterResource)} ; Queue's Absolute capacity = ${float(share).text} % ; Queue's Absolute used capacity = 0.0 % ; Queue's Absolute max capacity = 100.0 % ; Queue's capacity (absolute resource) = ${text(capacity)} ; Queue's used capacity (absolute resource) = ${text({ memory: 0, vCores: 0 })} ; Queue's max capacity (absolute resource) = ${text(clusterResource)} ; `
}

/** A share of the cluster (0–100) as a resource, rounded down as the scheduler does. */
export function queueResource(share: number): Resource {
  return {
    memory: Math.floor((clusterResource.memory * share) / 100),
    vCores: Math.floor((clusterResource.vCores * share) / 100)
  }
}

function text(resource: Resource): string {
  return `<memory:${resource.memory}, vCores:${resource.vCores}>`
}
