import { NmError } from '@scheduler-task/yarn-client/nm-errors'
import type { NodeManagerLogs } from '@scheduler-task/yarn-client/node-manager-logs'

const FIRST_MS = 5000
const LONGEST_MS = 300_000
/** Nodes of a large cluster, and those of other ones before. */
const REMEMBERED = 5000

type Silence = { until: number; forMs: number; fault: NmError }

/**
 * The same, where a node that does not answer is left alone for a while: until then every call to it fails at once, with
 * what the last one said. Nodes hang, and edge nodes are often cut off from all of them; each job of each of its
 * containers would wait as long otherwise.
 */
export function withPatience(
  nodeManagers: NodeManagerLogs,
  now: () => number = () => performance.now()
): NodeManagerLogs {
  const silent = new Map<string, Silence>()

  async function ask<T>(node: string, call: () => Promise<T>): Promise<T> {
    const before = silent.get(node)
    if (before && now() < before.until) throw before.fault
    try {
      const answer = await call()
      silent.delete(node)
      return answer
    } catch (error) {
      if (error instanceof NmError && isSilence(error)) noteSilence(node, error)
      else if (error instanceof NmError) silent.delete(node)
      throw error
    }
  }

  function noteSilence(node: string, fault: NmError): void {
    const before = silent.get(node)
    // Calls that were in flight together are one silence.
    if (before && now() < before.until) return
    const forMs = before ? Math.min(before.forMs * 2, LONGEST_MS) : FIRST_MS
    silent.set(node, { until: now() + forMs, forMs, fault })
    if (silent.size > REMEMBERED)
      for (const oldest of silent.keys()) if (silent.delete(oldest)) break
  }

  return {
    listFiles: (one, ...rest) => ask(one.nodeManager, () => nodeManagers.listFiles(one, ...rest)),
    readFile: (one, ...rest) => ask(one.nodeManager, () => nodeManagers.readFile(one, ...rest)),
    readFrom: (one, ...rest) => ask(one.nodeManager, () => nodeManagers.readFrom(one, ...rest)),
    containersOf: (node, ...rest) => ask(node, () => nodeManagers.containersOf(node, ...rest)),
    close: nodeManagers.close
  }
}

/** Nothing came: not even a refusal. */
export function isSilence(error: unknown): boolean {
  return (
    error instanceof NmError && (error.reason === 'NM_UNREACHABLE' || error.reason === 'NM_TIMEOUT')
  )
}
