import { Agent } from 'undici'
import type { z } from 'zod'
import {
  CONTAINER_ID_PATTERN,
  type ContainerLogsAddress,
  isOfApplication
} from './container-logs-address.ts'
import { readBounded } from './http-call.ts'
import { type AdvanceWanted, type LogAdvance, readAdvance } from './log-advance.ts'
import { type LogPiece, takePiece } from './log-piece.ts'
import { createNmCalls } from './nm-calls.ts'
import { NmError } from './nm-errors.ts'
import {
  containerResponse,
  isReadableLog,
  type LogFile,
  logFilesResponse,
  nodeContainersResponse
} from './nm-responses.ts'
import { parseRmJson } from './rm-json.ts'

export interface NodeManagerLogsOptions {
  /** Sent as `user.name` with every call. */
  user: string
  /** 5 000 */
  connectTimeoutMs?: number
  /** Wall limit of a call, bodies and redirects included; 30 000. */
  timeoutMs?: number
  /** Largest piece of a log that may be asked for; 16 MiB. */
  maxPieceBytes?: number
  /** Connections to one NodeManager; 4. */
  connections?: number
}

export interface ReadOptions {
  /** The first bytes of the file or the last ones; `tail`. */
  end?: 'head' | 'tail'
  /** How many of them, at most `maxPieceBytes`; 64 KiB. */
  bytes?: number
  signal?: AbortSignal
}

/** What came behind a place in a file. */
export type ReadFromOptions = Pick<AdvanceWanted, 'before' | 'fileBytes'> & {
  /** Bytes of the file that were read before. */
  from: number
  /** At most, up to `maxPieceBytes`; 1 MiB. */
  maxBytes?: number
  signal?: AbortSignal
}

type Container = Pick<ContainerLogsAddress, 'nodeManager' | 'containerId'>

/**
 * Logs of containers over HTTP, from the NodeManagers that ran them: while they run, and for some
 * hours afterwards. Every call rejects with `NmError`, or with the reason of the caller's signal.
 */
export interface NodeManagerLogs {
  /** Files of a container; those that hold its environment are left out. */
  listFiles: (container: Container, signal?: AbortSignal) => Promise<LogFile[]>
  /** A piece of a file, without the framing that NodeManagers put around it. */
  readFile: (container: Container, file: string, options?: ReadOptions) => Promise<LogPiece>
  /**
   * What came behind `from`, the whole file bit by bit: only first and last bytes can be asked for, so that some are
   * sent twice. Says when the file was rotated or cut.
   */
  readFrom: (container: Container, file: string, options: ReadFromOptions) => Promise<LogAdvance>
  /** Containers that a NodeManager runs for an application: the only list up to 2.8, of this node alone. */
  containersOf: (
    nodeManager: string,
    applicationId: string,
    signal?: AbortSignal
  ) => Promise<ContainerLogsAddress[]>
  /** Ends calls in flight and closes the connections. */
  close: () => Promise<void>
}

const LIST_BYTES = 1024 * 1024

export function createNodeManagerLogs(options: NodeManagerLogsOptions): NodeManagerLogs {
  const { user, connectTimeoutMs = 5000, timeoutMs = 30_000, connections = 4 } = options
  const { maxPieceBytes = 16 * 1024 * 1024 } = options
  const agent = new Agent({
    connections,
    connect: { timeout: connectTimeoutMs },
    // The wall limit covers both, and their timers are coarse.
    headersTimeout: 0,
    bodyTimeout: 0
  })
  const calls = createNmCalls({ agent, user, timeoutMs })

  async function list<T>(
    nodeManager: string,
    { path, schema }: { path: string; schema: z.ZodType<T> },
    signal: AbortSignal | undefined
  ): Promise<T> {
    const json = await calls.ask(
      {
        url: `${nodeManager}/ws/v1/node/containers${path}`,
        accept: 'application/json',
        take: readList
      },
      signal
    )
    const { data, success, error: cause } = schema.safeParse(json)
    if (success) return data
    throw new NmError('NM_NONSENSE', 'NodeManager answered something else than a list', { cause })
  }

  return {
    listFiles: async (container, signal) => {
      checkContainer(container)
      const { nodeManager, containerId } = container
      const own = `/${containerId}`
      const files = { path: `${own}/logs`, schema: logFilesResponse }
      try {
        return await list(nodeManager, files, signal)
      } catch (error) {
        if (!isNotFound(error)) throw error
        // Up to 2.8 there is no such list; what the container's own report has is all there is.
        const report = { path: own, schema: containerResponse }
        return await list(nodeManager, report, signal).catch((second) => {
          throw isNotFound(second) ? error : second
        })
      }
    },
    containersOf: async (nodeManager, applicationId, signal) => {
      checkNodeManager(nodeManager)
      const all = await list(nodeManager, { path: '', schema: nodeContainersResponse }, signal)
      return all.filter((one) => isOfApplication(one.containerId, applicationId))
    },
    readFrom: async (container, file, { from, maxBytes = 1024 * 1024, signal, ...known }) => {
      checkContainer(container)
      if (!isReadableLog(file)) throw new NmError('NM_NOT_FOUND', 'NodeManager has no such log')
      checkPlace({ from, maxBytes, maxPieceBytes })
      const { nodeManager, containerId } = container
      const url = `${nodeManager}/ws/v1/node/containerlogs/${containerId}/${encodeURIComponent(file)}`
      return await readAdvance({ containerId, file, from, maxBytes, ...known }, (size, take) =>
        calls.ask({ url: `${url}?size=${size}`, take }, signal)
      )
    },
    readFile: async (container, file, { end = 'tail', bytes = 64 * 1024, signal } = {}) => {
      checkContainer(container)
      if (!isReadableLog(file)) throw new NmError('NM_NOT_FOUND', 'NodeManager has no such log')
      if (!Number.isInteger(bytes) || bytes < 1 || bytes > maxPieceBytes) {
        throw new TypeError(`bytes must be a whole number from 1 to ${maxPieceBytes}`)
      }
      const { nodeManager, containerId } = container
      const size = end === 'head' ? bytes : -bytes
      const path = `/ws/v1/node/containerlogs/${containerId}/${encodeURIComponent(file)}`
      const piece = await calls.ask(
        {
          url: `${nodeManager}${path}?size=${size}`,
          take: (body) => takePiece(body, { containerId, file, end, bytes })
        },
        signal
      )
      if (piece) return piece
      throw new NmError('NM_NONSENSE', 'NodeManager broke off in the middle of the log')
    },
    close: () => agent.destroy()
  }
}

/** @throws TypeError */
export function checkPlace(place: { from: number; maxBytes: number; maxPieceBytes: number }): void {
  const { from, maxBytes, maxPieceBytes } = place
  if (!Number.isSafeInteger(from) || from < 0) throw new TypeError('from must be a whole number')
  if (!Number.isInteger(maxBytes) || maxBytes < 1 || maxBytes > maxPieceBytes) {
    throw new TypeError(`maxBytes must be a whole number from 1 to ${maxPieceBytes}`)
  }
}

function checkContainer({ nodeManager, containerId }: Container): void {
  checkNodeManager(nodeManager)
  if (!CONTAINER_ID_PATTERN.test(containerId)) throw new TypeError('Not a container id')
}

function checkNodeManager(nodeManager: string): void {
  const url = URL.canParse(nodeManager) ? new URL(nodeManager) : undefined
  if (!url || !/^https?:$/.test(url.protocol) || url.origin !== nodeManager) {
    throw new TypeError('Not the address of a NodeManager')
  }
}

export async function readList(body: AsyncIterable<Buffer>, signal: AbortSignal): Promise<unknown> {
  const { bytes, cut } = await readBounded(body, LIST_BYTES, signal)
  if (cut) throw new NmError('NM_TOO_LARGE', `NodeManager lists more than ${LIST_BYTES} bytes`)
  try {
    return parseRmJson(bytes.toString('utf8'))
  } catch (cause) {
    throw new NmError('NM_NONSENSE', 'NodeManager answers something that is not JSON', { cause })
  }
}

function isNotFound(error: unknown): boolean {
  return error instanceof NmError && error.reason === 'NM_NOT_FOUND'
}
