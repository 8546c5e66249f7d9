import { attemptIdOf } from '@scheduler-task/yarn-client/container-logs-address'
import type { EndedContainer } from '@scheduler-task/yarn-client/log-servers'
import { NmError } from '@scheduler-task/yarn-client/nm-errors'
import { RmError } from '@scheduler-task/yarn-client/rm-errors'
import type { LogSpool } from '../log-spool.ts'
import type { Parts } from '../parts.ts'
import { isOver, type Submission } from '../submission.ts'
import { type AmContainer, type AmContainers, containerOf } from './am-containers.ts'
import { type CollectedFile, createCollectedFile, type ReadFrom } from './collected-file.ts'
import type { ContainerLogSources } from './driver-output.ts'
import { createLeftOut } from './left-out.ts'
import { isSilence } from './node-patience.ts'

/** What one look at a job's containers has come to. */
export type Look = Readonly<{
  /** Something was taken and there is more: look again at once. */
  more: boolean
  /** Of a job that is over: its logs are all in, or cannot be had; why not. */
  missing: readonly string[]
}>

/** The logs of one job's containers, on their way into its log. */
export interface CollectedJob {
  /** `all`: its executors as well, not only the ApplicationMaster. */
  look: (
    submission: Submission,
    options: Readonly<{ all: boolean; signal: AbortSignal }>
  ) => Promise<Look>
  /** Notes in the log that the rest will not come. */
  giveUp: (missing: readonly string[]) => Promise<void>
}

type Container = {
  readonly containerId: string
  readonly nodeManager: string
  readonly nodeId: string
  readonly user: string
  readonly isAm: boolean
  readonly files: Map<string, CollectedFile>
  /** Read to its end after the job's. */
  done: boolean
  /** Bytes of its files at the last look after the end; the same twice: they are whole. */
  sizes: string
}

const MOST_CONTAINERS = 30
const MOST_FILES = 10
/** Of one file at a time: the others have their turn. */
const PIECES_A_LOOK = 8
/** A new attempt of the ApplicationMaster is seen that late. */
const AMS_KNOWN_MS = 5000
/** Archives and dumps are no text; what the NodeManager did before the launch matters to failures of it alone. */
const NO_TEXT = /\.(gz|zip|bz2|hprof|jfr)(\.\d+)?$/
const BEFORE_LAUNCH = /^prelaunch\./

export type JobOptions = Readonly<{
  spool: LogSpool
  secrets: readonly string[]
  amContainers: AmContainers
  sources: ContainerLogSources
}>

export function createCollectedJob(
  { rm }: Pick<Parts, 'rm'>,
  { spool, secrets, amContainers, sources }: JobOptions
): CollectedJob {
  const { nodeManagers, logServers } = sources
  const containers = new Map<string, Container>()
  const leftOut = createLeftOut(spool, { containers: MOST_CONTAINERS, files: MOST_FILES })
  let amsFoundAt = 0

  /** A fault is told once, also after a restart: `what` names it. */
  async function tellOnce(what: string, text: string): Promise<void> {
    const origin = `executor/${what}`
    if (spool.positionOf(origin) === 0) {
      await spool.append('executor', [{ at: Date.now(), text }], 1, origin)
    }
  }

  const tell = (text: string) =>
    spool.append('executor', [{ at: Date.now(), text }], spool.positionOf('executor') + 1)

  async function findAms(submission: Submission, signal: AbortSignal): Promise<void> {
    const { id, applicationId } = submission
    // Another process may have seen a further one.
    if (containers.size > 0 && Date.now() - amsFoundAt < AMS_KNOWN_MS && !isOver(submission)) return
    amsFoundAt = Date.now()
    let found: readonly AmContainer[] = await amContainers.of(id)
    if (found.length === 0 && applicationId !== null) {
      const application = await rm.application(applicationId, signal).catch(unlessRmError)
      const now = application && containerOf(application)
      if (application) amContainers.seen(id, application)
      if (now) found = [now]
    }
    for (const am of found) add({ ...am, isAm: true })
  }

  /** The containers of the current attempt that run now. */
  async function findOthers(submission: Submission, signal: AbortSignal): Promise<void> {
    const am = [...containers.values()].filter(({ isAm }) => isAm).at(-1)
    const attemptId = am && attemptIdOf(am.containerId)
    if (!am || !attemptId || submission.applicationId === null) return
    const listed = await rm.containers(attemptId, signal).catch(unlessRmError)
    if (listed) {
      for (const one of listed) add({ ...one, isAm: one.containerId === am.containerId })
      return
    }
    // Up to 2.8 only nodes have such a list.
    const own = await nodeManagers
      .containersOf(am.nodeManager, submission.applicationId, signal)
      .catch(unlessNmError)
    for (const one of own ?? [])
      add({ ...one, nodeId: '', isAm: one.containerId === am.containerId })
  }

  function add(one: Omit<Container, 'files' | 'done' | 'sizes'>): Container | undefined {
    const known = containers.get(one.containerId)
    if (known) return known
    // A new attempt's driver is wanted whatever the one before had beside it.
    if (containers.size >= MOST_CONTAINERS && !one.isAm) return void leftOut.container(one)
    const container = { ...one, files: new Map(), done: false, sizes: '' }
    containers.set(one.containerId, container)
    return container
  }

  function fileOf(
    { containerId, isAm, files }: Container,
    name: string
  ): CollectedFile | undefined {
    const known = files.get(name)
    if (known) return known
    if (files.size >= MOST_FILES) return void leftOut.file(containerId, name)
    const source = `${isAm ? 'am' : 'container'}/${containerId}/${name}`
    const file = createCollectedFile({ spool, source, secrets })
    files.set(name, file)
    return file
  }

  /** True when there is more to take. */
  async function takeFile(
    file: CollectedFile,
    readFrom: ReadFrom,
    { bytes, last }: { bytes: number | undefined; last: boolean }
  ): Promise<boolean> {
    if (!last && !file.hasNews(bytes)) return false
    const known = { ...(bytes !== undefined && { fileBytes: bytes }), ...(last && { last }) }
    for (let pieces = 0; pieces < PIECES_A_LOOK; pieces += 1) {
      const { isAtEnd } = await file.take(readFrom, known)
      if (isAtEnd) return false
    }
    return true
  }

  /** What a node has of one container. True when there is more. */
  async function takeFromNode(
    container: Container,
    submission: Submission,
    signal: AbortSignal
  ): Promise<boolean> {
    const files = (await nodeManagers.listFiles(container, signal))
      .filter((one) => isWanted(one.name, submission))
      .sort(wordsFirst)
    const sizes = files.map(({ name, bytes }) => `${name}=${bytes}`).join(' ')
    // The container may still write for a moment after the application's end.
    const last = isOver(submission) && sizes === container.sizes
    container.sizes = sizes
    let more = false
    for (const { name, bytes } of files) {
      const read: ReadFrom = (options) =>
        nodeManagers.readFrom(container, name, { ...options, signal })
      const file = fileOf(container, name)
      if (file) more = (await takeFile(file, read, { bytes, last })) || more
    }
    if (last && !more) container.done = true
    return more || (isOver(submission) && !last)
  }

  async function lookAtNodes(
    submission: Submission,
    { all, signal }: Readonly<{ all: boolean; signal: AbortSignal }>
  ): Promise<{ more: boolean; faults: Map<string, NmError> }> {
    const faults = new Map<string, NmError>()
    let more = false
    for (const container of containers.values()) {
      // Of some only a log server knows.
      if (container.done || container.nodeManager === '') continue
      if (!all && !container.isAm) continue
      try {
        more = (await takeFromNode(container, submission, signal)) || more
      } catch (error) {
        if (!(error instanceof NmError)) throw error
        faults.set(container.containerId, error)
        const isFault =
          isSilence(error) || error.reason === 'NM_REFUSED' || error.reason === 'NM_KERBEROS'
        if (isFault && !isOver(submission)) {
          const node = new URL(container.nodeManager).host
          const text = `the logs on ${node} cannot be read now: ${error.message}; what is written there comes when they can`
          await tellOnce(`${node}/${error.reason}`, text)
        }
      }
    }
    return { more, faults }
  }

  /** After the end: what no node has given, from where it was read to. */
  async function takeAggregated(submission: Submission, signal: AbortSignal): Promise<boolean> {
    const { applicationId } = submission
    if (applicationId === null) return false
    const known: EndedContainer[] = [...containers.values()].map((one) => ({
      containerId: one.containerId,
      nodeId: one.nodeId,
      owner: one.user
    }))
    const listed = await logServers.filesOf(applicationId, known, signal)
    const owner = known[0]?.owner ?? ''
    let more = false
    for (const containerId of new Set(listed.map((one) => one.containerId))) {
      const nodeId = listed.find((one) => one.containerId === containerId)?.nodeId ?? ''
      const container = add({ containerId, nodeManager: '', nodeId, user: owner, isAm: false })
      if (!container || container.done) continue
      const ended = { containerId, nodeId, owner: container.user }
      const files = listed
        .filter((one) => one.containerId === containerId && isWanted(one.name, submission))
        .sort(wordsFirst)
      for (const { name, bytes } of files) {
        const file = fileOf(container, name)
        const read: ReadFrom = (options) => logServers.readFrom(ended, name, { ...options, signal })
        if (file) more = (await takeFile(file, read, { bytes, last: true })) || more
      }
      if (!more) container.done = true
    }
    return more
  }

  async function look(
    submission: Submission,
    { all, signal }: Readonly<{ all: boolean; signal: AbortSignal }>
  ): Promise<Look> {
    const over = isOver(submission)
    await findAms(submission, signal)
    if (all && !over) await findOthers(submission, signal)
    const { more, faults } = await lookAtNodes(submission, { all: all || over, signal })
    if (!over || more) return { more, missing: [] }
    const reasons = [...faults.values()].map(({ message }) => message)
    try {
      // What a log server has beyond what was known of is wanted as well.
      if (await takeAggregated(submission, signal)) return { more: true, missing: [] }
    } catch (error) {
      if (!(error instanceof NmError)) throw error
      reasons.push(error.message)
    }
    const open = [...containers.values()].filter(({ done }) => !done)
    return { more: false, missing: open.length === 0 ? [] : [...new Set(reasons)] }
  }

  return {
    look: async (submission, options) => {
      const found = await look(submission, options)
      await leftOut.tell({ isOver: isOver(submission) && !found.more })
      return found
    },
    giveUp: async (missing) => {
      const open = [...containers.values()].filter(({ done }) => !done)
      const ids = open.map(({ containerId }) => containerId).join(', ')
      await tell(`the rest of the logs of ${ids} could not be read: ${missing.join('; ')}`)
    }
  }
}

function isWanted(name: string, { state }: Submission): boolean {
  return !NO_TEXT.test(name) && (!BEFORE_LAUNCH.test(name) || state === 'FAILED')
}

/** What says how it went comes before what was measured or rotated: of many files some are left out. */
const WORDS = [/^std(?:out|err)$/, /^syslog$/, /\.(?:log|out|err)$/]

function wordsFirst({ name: one }: { name: string }, { name: other }: { name: string }): number {
  return rankOf(one) - rankOf(other)
}

function rankOf(name: string): number {
  const rank = WORDS.findIndex((pattern) => pattern.test(name))
  return rank < 0 ? WORDS.length : rank
}

function unlessRmError(error: unknown): undefined {
  if (error instanceof RmError) return undefined
  throw error
}

function unlessNmError(error: unknown): undefined {
  if (error instanceof NmError) return undefined
  throw error
}
