import { type Application, currentAttempt, isFinal, type Resource } from './application.ts'
import { type Cluster, clusterResource } from './cluster.ts'
import { findQueue } from './queues.ts'
import { queueResource } from './scheduler-sentence.ts'

export interface Usage {
  /** −1 where the scheduler knows nothing of the attempt. */
  readonly memory: number
  readonly vCores: number
  readonly containers: number
  readonly reserved: number
  readonly queuePercentage: number
  readonly clusterPercentage: number
  readonly memorySeconds: number
  readonly vcoreSeconds: number
}

/**
 * What an application uses: nothing for one that was refused, −1 before its attempt is scheduled and
 * after its end, else its containers, which all have the size of the AM's.
 */
export function usageOf(cluster: Cluster, app: Application): Usage {
  const held = currentAttempt(app)?.containers.length ?? 0
  const seconds = Math.floor(busyMs(cluster, app) / 1000)
  const spent = {
    memorySeconds: seconds * app.resource.memory * Math.max(held, 1),
    vcoreSeconds: seconds * app.resource.vCores * Math.max(held, 1)
  }
  const idle = { queuePercentage: 0, clusterPercentage: 0, ...spent }
  const stage = currentAttempt(app)?.stage
  if (app.rejected) return { memory: 0, vCores: 0, containers: 0, reserved: 0, ...idle }
  if (isFinal(app) || stage === undefined || stage === 'new' || stage === 'ended') {
    return { memory: -1, vCores: -1, containers: -1, reserved: -1, ...idle }
  }
  const used = heldResource(app)
  const clusterPercentage = share(used)
  const absolute = findQueue(cluster.queues, app.queue)?.absoluteCapacity ?? 100
  const ratio =
    cluster.scheduler === 'fair' ? 1 : clusterResource.memory / queueResource(absolute).memory
  return {
    ...used,
    containers: held,
    reserved: 0,
    queuePercentage: clusterPercentage * ratio,
    clusterPercentage,
    ...spent
  }
}

/** The containers of the current attempt together. */
export function heldResource(app: Application): Resource {
  const attempt = currentAttempt(app)
  const held = !attempt || attempt.stage === 'ended' ? 0 : attempt.containers.length
  return { memory: app.resource.memory * held, vCores: app.resource.vCores * held }
}

export function sum(resources: readonly Resource[]): Resource {
  return {
    memory: resources.reduce((total, one) => total + one.memory, 0),
    vCores: resources.reduce((total, one) => total + one.vCores, 0)
  }
}

/** The larger of the two shares of the cluster, in per cent. */
function share(used: Resource): number {
  const memory = used.memory / clusterResource.memory
  return Math.max(memory, used.vCores / clusterResource.vCores) * 100
}

function busyMs(cluster: Cluster, app: Application): number {
  if (app.launchTime === 0) return 0
  return Math.max(0, (app.finishedTime || cluster.clock()) - app.launchTime)
}
