import type { LogServers } from '@scheduler-task/yarn-client/log-servers'
import { NmError } from '@scheduler-task/yarn-client/nm-errors'
import type { NodeManagerLogs } from '@scheduler-task/yarn-client/node-manager-logs'
import { RmError } from '@scheduler-task/yarn-client/rm-errors'
import { pause } from '@scheduler-task/yarn-client/time-limit'
import type { JobSecrets } from '../job-secrets.ts'
import { findFatalError } from '../launcher-failure.ts'
import type { LauncherFailure } from '../launching.ts'
import type { Parts } from '../parts.ts'
import { maskSecrets } from '../secret-masking.ts'
import type { Submission } from '../submission.ts'
import { type AmContainer, type AmContainers, containerOf } from './am-containers.ts'

/** What the output of a driver on the cluster says about its end. `text`: what was read, or why it could not be. */
export type DriverWord =
  | Readonly<{ kind: 'failed'; failure: LauncherFailure; text: string }>
  | Readonly<{ kind: 'silent'; text: string }>
  | Readonly<{ kind: 'unread'; text: string }>

/** Where logs of containers are had from. */
export type ContainerLogSources = Readonly<{
  nodeManagers: NodeManagerLogs
  logServers: LogServers
}>

export interface DriverOutput {
  /**
   * Reads what the driver of an ended application has printed. Takes `waitMs` from the application's end at most, plus
   * one try: logs that are being aggregated are in no place for a while.
   */
  read: (submission: Submission, waitMs: number, signal: AbortSignal) => Promise<DriverWord>
}

/** The driver's standard output, where jobs print the errors that they swallow (waterdrop.md §1.2). */
const FILE = 'stdout'
/** A job ends right after it has said so: the text stands near the end. */
const TAIL_BYTES = 4 * 1024 * 1024
const HEAD_BYTES = 1024 * 1024
const AT_ONCE = 3
const FIRST_PAUSE_MS = 500
const LONGEST_PAUSE_MS = 15_000
/** The container may still be writing; a log of the same length after this long has ended. */
const SETTLES_MS = 700
/** Asked again, they say the same. */
const FOR_GOOD: ReadonlySet<string> = new Set(['NM_REFUSED', 'NM_KERBEROS'])

type Pieces = Readonly<{ head: Buffer; tail: Buffer; fileBytes: number; place: string }>

/** Why there is nothing to read now, in words. */
class Unread extends Error {
  readonly forGood: boolean

  constructor(message: string, forGood = false) {
    super(message)
    this.forGood = forGood
  }
}

export function createDriverOutput(
  { rm }: Pick<Parts, 'rm'>,
  amContainers: AmContainers,
  { nodeManagers, logServers, secretsOf }: ContainerLogSources & { secretsOf: JobSecrets }
): DriverOutput {
  const turns = createTurns(AT_ONCE)

  /** Of the last attempt, which is the one that ended well. */
  async function amOf(submission: Submission, signal: AbortSignal): Promise<AmContainer> {
    const { id, applicationId } = submission
    let fault = 'the ResourceManager has forgotten the application'
    try {
      const application = applicationId && (await rm.application(applicationId, signal))
      const container = application ? containerOf(application) : undefined
      if (application) amContainers.seen(id, application)
      if (container) return container
    } catch (error) {
      if (!(error instanceof RmError)) throw error
      fault = error.message
    }
    const last = (await amContainers.of(id)).at(-1)
    if (last) return last
    throw new Unread(`where its ApplicationMaster ran was not seen, and ${fault}`)
  }

  async function piecesOf(am: AmContainer, signal: AbortSignal): Promise<Pieces> {
    let fault: NmError
    try {
      return await fromNode(am, signal)
    } catch (error) {
      if (!(error instanceof NmError)) throw error
      fault = error
    }
    try {
      return await fromLogServer(am, signal)
    } catch (error) {
      if (!(error instanceof NmError)) throw error
      throw new Unread(`${fault.message}; ${error.message}`, FOR_GOOD.has(fault.reason))
    }
  }

  async function fromNode(am: AmContainer, signal: AbortSignal): Promise<Pieces> {
    const tail = await nodeManagers.readFile(am, FILE, { bytes: TAIL_BYTES, signal })
    const { start = 0, fileBytes = start + tail.bytes.length } = tail
    const place = `${FILE} of ${am.containerId}`
    if (start === 0) return { head: Buffer.alloc(0), tail: tail.bytes, fileBytes, place }
    const bytes = Math.min(HEAD_BYTES, start)
    const head = await nodeManagers.readFile(am, FILE, { end: 'head', bytes, signal })
    return { head: head.bytes, tail: tail.bytes, fileBytes, place }
  }

  async function fromLogServer(am: AmContainer, signal: AbortSignal): Promise<Pieces> {
    const container = { containerId: am.containerId, nodeId: am.nodeId, owner: am.user }
    const id = am.containerId.replace(/^container_(?:e\d+_)?(\d+_\d+)_.*$/, 'application_$1')
    const files = await logServers.filesOf(id, [container], signal)
    const file = files.find((one) => one.containerId === am.containerId && one.name === FILE)
    if (!file) throw new NmError('NM_NOT_FOUND', 'log server has no such log')
    const fileBytes = file.bytes ?? 0
    const from = Math.max(0, fileBytes - TAIL_BYTES)
    const at = { ...container, nodeId: am.nodeId || file.nodeId }
    const part = async (start: number, maxBytes: number) => {
      if (maxBytes === 0) return Buffer.alloc(0)
      const read = await logServers.readFrom(at, FILE, { from: start, maxBytes, fileBytes, signal })
      if (read.kind === 'read') return read.bytes
      throw new NmError('NM_NONSENSE', 'log server has a shorter log than it lists')
    }
    const tail = await part(from, TAIL_BYTES)
    const head = await part(0, Math.min(HEAD_BYTES, from))
    return { head, tail, fileBytes, place: `${FILE} of ${am.containerId} (aggregated)` }
  }

  async function wordOf(submission: Submission, signal: AbortSignal): Promise<DriverWord> {
    const am = await amOf(submission, signal)
    for (let before = -1; ; ) {
      const pieces = await piecesOf(am, signal)
      const failure = failureIn(pieces)
      if (failure)
        return { kind: 'failed', failure: await masked(submission, failure), text: pieces.place }
      if (pieces.fileBytes === before) return { kind: 'silent', text: describe(pieces) }
      before = pieces.fileBytes
      await pause(SETTLES_MS, signal)
    }
  }

  async function masked(
    submission: Submission,
    failure: LauncherFailure
  ): Promise<LauncherFailure> {
    const secrets = await secretsOf(submission)
    return {
      code: failure.code,
      sentence: maskSecrets(failure.sentence, secrets),
      lines: failure.lines.map((line) => maskSecrets(line, secrets))
    }
  }

  return {
    read: async (submission, waitMs, signal) => {
      const until = submission.changedAt + waitMs
      for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
        try {
          return await turns.take(signal, () => wordOf(submission, signal))
        } catch (error) {
          if (!(error instanceof Unread)) throw error
          const leftMs = until - Date.now()
          if (error.forGood || leftMs <= 0) return { kind: 'unread', text: error.message }
          await pause(Math.min(pauseMs, leftMs), signal)
        }
      }
    }
  }
}

function failureIn({ head, tail }: Pieces): LauncherFailure | undefined {
  const lines = [head, tail].flatMap((piece) => piece.toString().split(/\r?\n/))
  return findFatalError(lines)
}

function describe({ head, tail, fileBytes, place }: Pieces): string {
  const between = fileBytes - head.length - tail.length
  if (between <= 0) return `${place}, ${fileBytes} bytes, was read to its end and tells of no error`
  return `the first ${head.length} and the last ${tail.length} bytes of ${place} tell of no error; the ${between} bytes between them were not searched`
}

/** So many at once; the others wait. */
function createTurns(most: number) {
  let busy = 0
  const waiting: (() => void)[] = []
  return {
    take: async <T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> => {
      if (busy >= most) await new Promise<void>((resolve) => waiting.push(resolve))
      else busy += 1
      try {
        signal.throwIfAborted()
        return await work()
      } finally {
        const next = waiting.shift()
        if (next) next()
        else busy -= 1
      }
    }
  }
}
