import { allNodes, type Execution, isFinished, type Node, type Status } from './execution.ts'
import {
  announceRetry,
  type JobRun,
  type JobRunContext,
  retryDelayMs,
  startJob
} from './job-run.ts'

export interface FlowRunContext extends JobRunContext {
  /** The executor has written the state to the database. */
  readonly written: (execution: Execution) => void
}

/** A run on the executor (§5.2, §8). */
export interface FlowRun {
  /** Job runs that are going on. */
  readonly jobs: readonly JobRun[]
  /** Resolves when every running job has died, or was sent KILL. */
  kill(): Promise<void>
}

/** Starts the jobs of an execution in their order, and takes it to its end. */
export function startFlow(execution: Execution, context: FlowRunContext): FlowRun {
  const { dialect, timers, written } = context
  const jobs = new Set<JobRun>()
  let killing: Promise<void> | undefined
  let killed = false
  let quiet = false
  let failed = false
  const retries = new Map<Node, () => void>()

  function touch(node: Node | Execution, status: Status): void {
    node.status = status
    node.updateTime = Date.now()
  }

  /** While a kill waits, only the executor's memory knows of it (§8). */
  function write(): void {
    if (!quiet) written(execution)
  }

  function begin(node: Node | Execution): void {
    node.startTime = Date.now()
    touch(node, 'RUNNING')
    execution.updateTime = node.updateTime
    write()
  }

  function finish(node: Node | Execution, status: Status): void {
    node.endTime = Date.now()
    if (node.startTime < 0) node.startTime = node.endTime
    touch(node, status)
    execution.updateTime = node.updateTime
  }

  /** Starts whatever may start now; ends what has nothing left to do. */
  function progress(): void {
    advance(execution.nodes)
    if (jobs.size > 0 || retries.size > 0) return
    if (execution.endTime >= 0 || !execution.nodes.every((node) => isFinished(node.status))) return
    finish(execution, killed ? 'KILLED' : failed ? 'FAILED' : 'SUCCEEDED')
    written(execution)
  }

  function advance(siblings: readonly Node[]): void {
    let moved = true
    while (moved) {
      moved = false
      for (const node of siblings) {
        if (node.children.length > 0 && node.status === 'RUNNING') advanceEmbedded(node)
        if ((node.status === 'READY' || node.status === 'DISABLED') && isDue(node, siblings)) {
          moved = true
          startNode(node, siblings)
        }
      }
    }
  }

  function advanceEmbedded(node: Node): void {
    advance(node.children)
    if (!node.children.every((child) => isFinished(child.status))) return
    const bad = node.children.some((child) => !isGood(child.status))
    finish(node, bad ? (killed ? 'KILLED' : 'FAILED') : 'SUCCEEDED')
    write()
  }

  function isDue(node: Node, siblings: readonly Node[]): boolean {
    if (failed || killed) return jobs.size === 0 && retries.size === 0
    const names = node.definition.dependsOn ?? []
    return names.every((id) => {
      const one = siblings.find((other) => other.definition.id === id)
      return one !== undefined && isFinished(one.status)
    })
  }

  function startNode(node: Node, siblings: readonly Node[]): void {
    const names = node.definition.dependsOn ?? []
    const fine = names.every((id) => {
      return isGood(siblings.find((other) => other.definition.id === id)?.status ?? 'FAILED')
    })
    if (failed || killed || !fine) {
      cancel(node)
    } else if (node.status === 'DISABLED') {
      finish(node, 'SKIPPED')
    } else {
      begin(node)
      if (node.children.length > 0) advanceEmbedded(node)
      else void runJob(node)
    }
  }

  function cancel(node: Node): void {
    for (const one of [node, ...allNodes(node.children)]) {
      if (!isFinished(one.status)) finish(one, 'CANCELLED')
    }
  }

  async function runJob(node: Node): Promise<void> {
    const run = startJob(execution, node, context)
    jobs.add(run)
    const code = await run.exit
    jobs.delete(run)
    finish(node, code === 0 ? 'SUCCEEDED' : killed ? 'KILLED' : 'FAILED')
    run.writeEnd(code)
    if (node.status === 'FAILED' && node.attempt < (node.definition.retries ?? 0)) {
      return retryLater(node)
    }
    if (node.status === 'FAILED') {
      failed = true
      if (!killed) touch(execution, 'FAILED_FINISHING')
    }
    write()
    progress()
  }

  function retryLater(node: Node): void {
    const { attempt, startTime, endTime } = node
    node.pastAttempts.push({ attempt, startTime, endTime, status: 'FAILED' })
    node.attempt++
    node.startTime = -1
    node.endTime = -1
    touch(node, 'QUEUED')
    announceRetry(execution, node, context)
    write()
    const cancelRetry = timers.after(retryDelayMs(node), () => {
      retries.delete(node)
      begin(node)
      void runJob(node)
    })
    retries.set(node, cancelRetry)
  }

  async function kill(): Promise<void> {
    killed = true
    quiet = true
    const running = [...jobs]
    if (dialect.knowsKilling) {
      touch(execution, 'KILLING')
      for (const { node } of running) touch(node, 'KILLING')
    }
    for (const [node, cancelRetry] of retries) {
      cancelRetry()
      cancel(node)
    }
    retries.clear()
    for (const run of running) await run.kill()
    quiet = false
    if (execution.endTime < 0) write()
    progress()
  }

  begin(execution)
  progress()
  return {
    get jobs() {
      return [...jobs]
    },
    kill() {
      killing ??= kill()
      return killing
    }
  }
}

function isGood(status: Status): boolean {
  return status === 'SUCCEEDED' || status === 'SKIPPED'
}
