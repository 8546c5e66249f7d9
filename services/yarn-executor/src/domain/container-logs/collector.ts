import { pause } from '@scheduler-task/yarn-client/time-limit'
import type { JobSecrets } from '../job-secrets.ts'
import type { LogSpool } from '../log-spool.ts'
import type { Parts } from '../parts.ts'
import { isOver, type Submission } from '../submission.ts'
import type { AmContainers } from './am-containers.ts'
import { type CollectedJob, createCollectedJob } from './collected-job.ts'
import type { ContainerLogSources } from './driver-output.ts'

/** Where logs are kept, as far as who brings them needs it. */
export type LogFeeds = Readonly<{
  /** Rejects, or ends what is written to it, when it is over. */
  open: (submissionId: string) => Promise<LogSpool>
  /** Launched on this host, which keeps its log, and not all of it is in. */
  isOpenHere: (submissionId: string) => Promise<boolean>
  /** Those of this host that have begun and not ended. */
  unended: () => Promise<readonly string[]>
  /** Somebody reads along. */
  isFollowed: (submissionId: string) => boolean
  /** Nothing more comes from containers. */
  containersEnded: (submissionId: string) => Promise<void>
}>

export type CollectorLimits = Readonly<{
  /** Between two looks at a job that somebody follows. */
  followedMs: number
  /** The same of the others. */
  seldomMs: number
  /** How long after the end the logs are waited for that no node and no log server has. */
  patienceMs: number
}>

/** Brings what the containers of jobs write into the jobs' logs, while they run and afterwards. */
export interface Collector {
  start: () => void
}

/** Jobs that are looked at together, however many there are: so many connections and pieces of logs are in memory. */
const AT_ONCE = 8
/** Between two looks at which jobs there are. */
const LIST_EVERY_MS = 5000
/** The executors of a job that nobody follows are looked for in every so manyth look. */
const LOOKS_PER_LIST = 4
/** Of a job that somebody follows, in milliseconds. */
const LIST_FOLLOWED_MS = 5000
/** After the end, what is not there yet. */
const FIRST_WAIT_MS = 1000
const LONGEST_WAIT_MS = 60_000
const LONGEST_LOOK_MS = 60_000

type Entry = {
  readonly submissionId: string
  job: CollectedJob | undefined
  lookedAt: number
  dueAt: number
  busy: boolean
  looks: number
  listedAt: number
  /** After the end. */
  waitMs: number
}

export type CollectorOptions = Readonly<{
  feeds: LogFeeds
  sources: ContainerLogSources
  secretsOf: JobSecrets
  limits: CollectorLimits
}>

export function createCollector(
  parts: Parts,
  amContainers: AmContainers,
  { feeds, sources, secretsOf, limits }: CollectorOptions
): Collector {
  const { store, background, ownership, log } = parts
  const { signal } = background
  const entries = new Map<string, Entry>()
  /** Whose containers' logs are in, while something else of them is not. */
  const finished = new Set<string>()
  let busy = 0
  /** Those that were due lately. */
  let waiting: Entry[] = []

  async function list(): Promise<void> {
    const watched = await store.watched()
    const live = watched.filter(
      ({ id, applicationId }) => applicationId !== null && ownership.isMine(id)
    )
    const ids = new Set([...live.map(({ id }) => id), ...(await feeds.unended())])
    for (const id of finished) if (!ids.has(id)) finished.delete(id)
    for (const id of ids) {
      if (!entries.has(id) && !finished.has(id) && (await feeds.isOpenHere(id))) add(id)
    }
  }

  function add(submissionId: string): void {
    entries.set(submissionId, {
      submissionId,
      job: undefined,
      lookedAt: Number.NEGATIVE_INFINITY,
      dueAt: 0,
      busy: false,
      looks: 0,
      listedAt: 0,
      waitMs: FIRST_WAIT_MS
    })
  }

  /** Who is followed has its turn first. */
  function due(now: number): Entry[] {
    const free = [...entries.values()].filter((one) => !one.busy && nextLook(one) <= now)
    return free.sort((one, other) => rank(one) - rank(other) || one.dueAt - other.dueAt)
  }

  const rank = ({ submissionId }: Entry) => (feeds.isFollowed(submissionId) ? 0 : 1)

  /** Somebody who begins to follow does not wait for the next seldom look. */
  function nextLook({ submissionId, lookedAt, dueAt }: Entry): number {
    const early = lookedAt + limits.followedMs
    return feeds.isFollowed(submissionId) ? Math.min(dueAt, early) : dueAt
  }

  function lookAt(entry: Entry): void {
    entry.busy = true
    busy += 1
    const { submissionId } = entry
    background.run('collecting logs of containers', { submissionId }, async () => {
      try {
        await look(entry)
      } catch (err) {
        signal.throwIfAborted()
        entry.dueAt = performance.now() + limits.seldomMs
        log.warn({ submissionId, err }, 'logs of containers could not be collected for now')
      } finally {
        entry.busy = false
        entry.lookedAt = performance.now()
        busy -= 1
        goOn()
      }
    })
  }

  async function look(entry: Entry): Promise<void> {
    const { submissionId } = entry
    const submission = await store.find(submissionId)
    if (!submission || (!ownership.isMine(submissionId) && !isOver(submission))) {
      entries.delete(submissionId)
      return
    }
    if (isOver(submission) && submission.applicationId === null) return await finish(entry)
    entry.job ??= await open(submission)
    const all = wantsAll(entry)
    const within = AbortSignal.any([signal, AbortSignal.timeout(LONGEST_LOOK_MS)])
    const { more, missing } = await entry.job.look(submission, { all, signal: within })
    const now = performance.now()
    if (!isOver(submission)) {
      entry.dueAt = more ? now : now + limits.seldomMs * jitter()
      return
    }
    if (more) {
      // Twice the same is the end; a moment for the containers that still end.
      entry.dueAt = now + limits.followedMs
      return
    }
    if (missing.length === 0) return await finish(entry)
    if (Date.now() - submission.changedAt < limits.patienceMs) {
      entry.dueAt = now + entry.waitMs
      entry.waitMs = Math.min(entry.waitMs * 2, LONGEST_WAIT_MS)
      return
    }
    await entry.job.giveUp(missing)
    await finish(entry)
  }

  function wantsAll(entry: Entry): boolean {
    entry.looks += 1
    const now = performance.now()
    const followed = feeds.isFollowed(entry.submissionId)
    const isTime = followed
      ? now - entry.listedAt >= LIST_FOLLOWED_MS || entry.listedAt === 0
      : entry.looks % LOOKS_PER_LIST === 1
    if (isTime) entry.listedAt = now
    return isTime || followed
  }

  async function open(submission: Submission): Promise<CollectedJob> {
    const secrets = await secretsOf(submission)
    const spool = await feeds.open(submission.id)
    return createCollectedJob(parts, { spool, secrets, amContainers, sources })
  }

  async function finish({ submissionId }: Entry): Promise<void> {
    await feeds.containersEnded(submissionId)
    entries.delete(submissionId)
    finished.add(submissionId)
  }

  /** As soon as one is done the next has its turn. */
  function goOn(): void {
    while (busy < AT_ONCE && !signal.aborted) {
      const entry = waiting.shift()
      if (!entry) return
      if (!entry.busy) lookAt(entry)
    }
  }

  return {
    start: () => {
      background.run('the collector of logs', {}, async () => {
        for (let listedAt = Number.NEGATIVE_INFINITY; ; ) {
          try {
            if (performance.now() - listedAt >= Math.min(LIST_EVERY_MS, limits.seldomMs)) {
              await list()
              listedAt = performance.now()
            }
            waiting = due(performance.now())
            goOn()
          } catch (err) {
            signal.throwIfAborted()
            log.warn({ err }, 'which logs are to be collected could not be looked up for now')
          }
          await pause(Math.min(limits.followedMs / 2, 500), signal)
        }
      })
    }
  }
}

/** So that jobs which were found together are not looked at together for good. */
function jitter(): number {
  return 0.8 + Math.random() * 0.4
}
