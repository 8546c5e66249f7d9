import { member, parseRmJson, toArray } from './rm-json.ts'

/** More queues than any cluster has; a report that goes on is cut here. */
const MAX_QUEUES = 100_000

export interface SchedulerQueue {
  /** `root.etl.daily`; for FIFO, which has no tree, `default`. */
  path: string
  /** Applications run in leaves only. */
  leaf: boolean
}

/**
 * The queues of a `/scheduler` answer, parents before children. Capacity inlines the root and gives
 * leaf names (3.4 a `queuePath`, too); Fair nests it and gives full paths, its children directly in
 * an array up to 2.7.
 *
 * Throws `SyntaxError` when the text is not JSON; a report of another scheduler has no queues.
 */
export function schedulerQueues(schedulerText: string): SchedulerQueue[] {
  const info = member(member(parseRmJson(schedulerText), 'scheduler'), 'schedulerInfo')
  if (member(info, 'type') === 'fifoScheduler') return [{ path: 'default', leaf: true }]
  const root = member(info, 'rootQueue') ?? info
  const found: SchedulerQueue[] = []
  const pending = [{ queue: root, parent: '' }]
  // Not recursive: the depth is the answer's.
  for (let next = pending.pop(); next && found.length < MAX_QUEUES; next = pending.pop()) {
    const path = pathOf(next.queue, next.parent)
    if (path === undefined) continue
    const children = childrenOf(next.queue)
    found.push({ path, leaf: children.length === 0 })
    for (const queue of children.reverse()) pending.push({ queue, parent: path })
  }
  return found
}

/** Full paths of all queues, parents included. */
export function queueNames(schedulerText: string): string[] {
  return schedulerQueues(schedulerText).map(({ path }) => path)
}

/**
 * Whether applications can go to a queue of that name, given as full path or as last segment. Not
 * for Fair, which makes an unknown queue on the way unless its configuration forbids that.
 */
export function hasLeafQueue(queues: readonly SchedulerQueue[], name: string): boolean {
  return queues.some(
    ({ path, leaf }) => leaf && (path === name || path.slice(path.lastIndexOf('.') + 1) === name)
  )
}

function pathOf(queue: unknown, parent: string): string | undefined {
  const full = member(queue, 'queuePath')
  if (typeof full === 'string' && full !== '') return full
  const name = member(queue, 'queueName')
  if (typeof name !== 'string' || name === '') return undefined
  return parent === '' || name.startsWith(`${parent}.`) ? name : `${parent}.${name}`
}

function childrenOf(queue: unknown): unknown[] {
  // `childQueues` is Fair's; both may hold the array itself or an object around it.
  return ['queues', 'childQueues'].flatMap((name) => {
    const children = member(queue, name)
    return toArray(Array.isArray(children) ? children : member(children, 'queue'))
  })
}
