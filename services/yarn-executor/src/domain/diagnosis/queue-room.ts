import type { QueueRoom } from './diagnosis.ts'

/** One queue of a scheduler report, of the Capacity or the Fair scheduler (yarn.md §4.4). */
type Queue = Readonly<Record<string, unknown>>

const MOST_QUEUES = 20_000

/**
 * How full a queue is, and the cluster, by a scheduler report; undefined when the report does not say. `queue` is a leaf's
 * name or its whole path.
 */
export function roomOf(report: string, queue: string): QueueRoom | undefined {
  const root = rootOf(report)
  const found = root && find(root, queue)
  if (!found) return undefined
  const name = text(found.queuePath) ?? text(found.queueName) ?? queue
  const [used, maximum] = [number(found.absoluteUsedCapacity), number(found.absoluteMaxCapacity)]
  const clusterUsed = number(root.usedCapacity)
  if (used !== undefined && maximum !== undefined && clusterUsed !== undefined) {
    return { queue: name, used, maximum, clusterUsed }
  }
  return fairRoomOf(root, found, name)
}

/** The Fair scheduler tells resources, not shares; what a queue may have is often no limit at all. */
function fairRoomOf(root: Queue, found: Queue, queue: string): QueueRoom | undefined {
  const cluster = memory(root.clusterResources)
  const [used, maximum, all] = [found.usedResources, found.maxResources, root.usedResources].map(
    memory
  )
  if (!cluster || used === undefined || maximum === undefined || all === undefined) return undefined
  const share = (megabytes: number) => Math.min(100, (megabytes / cluster) * 100)
  return { queue, used: share(used), maximum: share(maximum), clusterUsed: share(all) }
}

function rootOf(report: string): Queue | undefined {
  const json = parsed(report)
  const info = object(object(object(json)?.scheduler)?.schedulerInfo)
  return info && (object(info.rootQueue) ?? info)
}

function find(root: Queue, name: string): Queue | undefined {
  const waiting = [root]
  for (let seen = 0; waiting.length > 0 && seen < MOST_QUEUES; seen += 1) {
    const queue = waiting.pop() as Queue
    const names = [text(queue.queueName), text(queue.queuePath)]
    const isLeaf = children(queue).length === 0
    if (isLeaf && names.some((one) => one === name || one?.split('.').at(-1) === name)) return queue
    waiting.push(...children(queue))
  }
  return undefined
}

function children(queue: Queue): Queue[] {
  const list = queue.queues ?? queue.childQueues
  const items = Array.isArray(list) ? list : object(list)?.queue
  const all: readonly unknown[] = Array.isArray(items) ? items : [items]
  return all.map(object).filter((one) => one !== undefined)
}

function parsed(report: string): unknown {
  try {
    return JSON.parse(report.replace(/:\s*(?:NaN|-?INF)\b/g, ':null'))
  } catch {
    return undefined
  }
}

function object(value: unknown): Queue | undefined {
  return typeof value === 'object' && value !== null ? (value as Queue) : undefined
}

function memory(value: unknown): number | undefined {
  return number(object(value)?.memory)
}

function number(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}
