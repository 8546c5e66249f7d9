/** A node of the scheduler's queue tree. */
export interface Queue {
  readonly name: string
  /** From `root` on, joined by dots. */
  readonly path: string
  /** Share of the parent, 0–100. */
  readonly capacity: number
  /** Share of the cluster, 0–100. */
  readonly absoluteCapacity: number
  readonly children: readonly Queue[]
}

export const defaultQueues = ['root.default', 'root.etl']

/**
 * Builds the tree from leaf paths; `default` means `root.default`. Siblings share evenly, except that
 * the pair of the recorded cluster keeps its 60.000004 and 40 per cent.
 */
export function queueTree(paths: readonly string[]): Queue {
  const full = paths.map((path) => (path.startsWith('root.') ? path : `root.${path}`))
  return node('root', 'root', { capacity: 100, absoluteCapacity: 100 }, full)
}

type Share = Pick<Queue, 'capacity' | 'absoluteCapacity'>

function node(name: string, path: string, share: Share, paths: readonly string[]): Queue {
  const below = paths
    .filter((one) => one.startsWith(`${path}.`))
    .map((one) => one.slice(path.length + 1).split('.')[0] ?? '')
  const names = [...new Set(below)]
  const recorded = path === 'root' && names.join() === 'default,etl'
  const children = names.map((child) => {
    const even = 100 / names.length
    const capacity = recorded ? (child === 'default' ? 60.000004 : 40) : even
    const absoluteCapacity = (share.absoluteCapacity * capacity) / 100
    return node(child, `${path}.${child}`, { capacity, absoluteCapacity }, paths)
  })
  return { name, path, ...share, children }
}

export function allQueues(queue: Queue): Queue[] {
  return [queue, ...queue.children.flatMap(allQueues)]
}

/** Finds a queue by its full path or, where that is unambiguous, its leaf name. */
export function findQueue(root: Queue, name: string): Queue | undefined {
  const all = allQueues(root)
  return all.find((queue) => queue.path === name) ?? all.find((queue) => queue.name === name)
}
