import { isLive } from '@scheduler-task/yarn-client/application'
import { RmError } from '@scheduler-task/yarn-client/rm-errors'
import { TimeLimitReached, withinTime } from '@scheduler-task/yarn-client/time-limit'
import {
  badCursor,
  configNotKept,
  jobOver,
  jobUnknown,
  keyReused,
  shuttingDown
} from '../errors.ts'
import type { Acceptance, Accepted } from './accept-job.ts'
import type { Drain } from './drain.ts'
import type { ForeignApplications } from './foreign-application.ts'
import {
  BadCursor,
  KeyReused,
  type OncePerKey,
  type SubmissionFilter,
  type SubmissionPage
} from './job-store.ts'
import type { JobRequest } from './launch-request.ts'
import type { DeployMode, LaunchSettings } from './launching.ts'
import type { Parts } from './parts.ts'
import type { Starter } from './start-job.ts'
import type { StartObstacles } from './start-obstacles.ts'
import type { StopProgress, Stops } from './stop-submission.ts'
import {
  type Attempt,
  ImpossibleChange,
  NO_DEADLINE,
  type Submission,
  type SubmissionEvent
} from './submission.ts'

/** `startDeadlineMs` from now on; without it a start may take as long as it takes. */
export type SubmitTerms = Readonly<{ startDeadlineMs?: number; once?: OncePerKey }>

/** What is not as it was when a job is run once more; `who` asks for it. */
export type Repetition = Readonly<{
  who: string
  requestId: string
  configFile?: string
  config?: Buffer
  deployMode?: DeployMode
  /** Each takes the whole place of the one of before. */
  settings?: Partial<LaunchSettings>
  startDeadlineMs?: number
}>

/** How a submission stands beside what is stored: its turn, what is in its way, and how far its stop is. */
export type Standing = Readonly<{
  position: number | undefined
  /** What it waits for in the queue. */
  waitsFor: 'launcher' | 'driver' | undefined
  stop: Readonly<StopProgress> | undefined
  /** What keeps its start from going on, for a while. */
  obstacle: string | undefined
}>

/**
 * Jobs as v2 shows them. What it answers is durable and goes on without the caller, also after a restart of this
 * service. All calls throw `Failure` and `Refusal`.
 */
export interface Submissions {
  /** Accepts a job, or answers what was accepted with the same key before. */
  submit: (job: JobRequest, terms: SubmitTerms) => Promise<Submission>
  /** The wish is durable; one that is stopping already is answered as it is. */
  stop: (id: string, who: string) => Promise<Submission>
  /** A new submission in the place of one, launched once it is proven that nothing of the old one is left. */
  restart: (id: string, repetition: Repetition) => Promise<Submission>
  /** A new submission with the config of one that is over. */
  rerun: (id: string, repetition: Repetition) => Promise<Submission>
  /** A person says that it is over, whatever is known of it. */
  close: (id: string, by: Readonly<{ who: string; text: string }>) => Promise<Submission>
  find: (id: string) => Promise<Submission>
  list: (
    filter: SubmissionFilter,
    page: Readonly<{ limit: number; after?: string }>
  ) => Promise<SubmissionPage>
  attempts: (id: string) => Promise<readonly Attempt[]>
  events: (id: string) => Promise<readonly SubmissionEvent[]>
  /** The user's bytes; those that were not kept are a refusal. */
  config: (submission: Submission) => Promise<Buffer>
  standing: (id: string) => Standing
}

const LOOK_UP_MS = 5000

type Needs = Readonly<{
  acceptance: Acceptance
  starter: Starter
  stops: Stops
  foreign: Pick<ForeignApplications, 'kill'>
  drain: Drain
  obstacles: Pick<StartObstacles, 'problemOf'>
}>

export function createSubmissions(
  parts: Parts,
  { acceptance, starter, stops, foreign, drain, obstacles }: Needs
): Submissions {
  const { store, queue, background, log } = parts

  async function submit(job: JobRequest, terms: SubmitTerms): Promise<Submission> {
    const { once } = terms
    // Whatever has become of its file, its name or the queue since.
    const earlier = once && (await acceptedWith(job.owner, once))
    if (earlier) return earlier
    const draft = await draftOf(job)
    const startDeadline = deadlineOf(terms)
    const accepted = once
      ? await acceptance.acceptOnce(draft, { startDeadline, once })
      : await acceptance.accept(draft, { startDeadline })
    if ('earlier' in accepted) return accepted.earlier
    launch(accepted)
    return accepted.submission
  }

  async function acceptedWith(owner: string, once: OncePerKey): Promise<Submission | undefined> {
    try {
      return await store.acceptedWith(owner, once)
    } catch (error) {
      throw error instanceof KeyReused ? keyReused(error.submission) : error
    }
  }

  async function draftOf(job: JobRequest) {
    if (drain.begun) throw shuttingDown()
    return await acceptance.draft(job)
  }

  /** Goes on without anybody who waits; a fault of ours is logged there. */
  function launch(accepted: Accepted): void {
    void starter.start(accepted).catch(() => {})
  }

  /** One that is over, and yet its application lives: forgotten by the ResourceManager and found again. */
  async function stopsWhatLives({ id, applicationId }: Submission, who: string): Promise<boolean> {
    if (applicationId === null) return false
    try {
      const found = await withinTime(LOOK_UP_MS, background.signal, (limit) =>
        parts.rm.application(applicationId, limit)
      )
      if (!found || !isLive(found.state)) return false
    } catch (error) {
      if (error instanceof RmError || error instanceof TimeLimitReached) return false
      throw error
    }
    await foreign.kill(applicationId, who)
    const detail = `${applicationId}, which was found again`
    await store.note({ submissionId: id, who, what: 'application-stop-requested', detail })
    return true
  }

  async function find(id: string): Promise<Submission> {
    const submission = await store.find(id)
    if (!submission) throw jobUnknown(id)
    return submission
  }

  async function configOf({ id, configDigest }: Submission): Promise<Buffer> {
    const bytes = await store.config(configDigest)
    if (!bytes) throw configNotKept(id)
    return Buffer.from(bytes)
  }

  async function contentOf(before: Submission): Promise<Pick<JobRequest, 'config' | 'program'>> {
    return before.program ? { program: before.program } : { config: await configOf(before) }
  }

  /** The same job once more. With the config of before it stays its owner's: only that one may read it. */
  async function again(before: Submission, repetition: Repetition, replaces?: string) {
    const { who, requestId, configFile, config, settings } = repetition
    const given = configFile !== undefined || config !== undefined
    const job: JobRequest = {
      engine: before.engine,
      ...(before.profile && { profile: before.profile }),
      ...deployModeOf(before, repetition),
      settings: { ...before.settings, ...settings },
      taskName: before.taskName,
      owner: given ? who : before.owner,
      requestId,
      configFile: given ? (configFile ?? '') : before.configFile,
      ...(config ? { config } : !given && (await contentOf(before)))
    }
    const draft = await draftOf(job)
    const accepted = await acceptance.accept(draft, {
      startDeadline: deadlineOf(repetition),
      ...(replaces && { replaces })
    })
    if (replaces) await starter.rehearse(accepted, draft.launch)
    const { id: submissionId } = accepted.submission
    if (who !== job.owner) {
      const what = replaces ? 'restart-requested' : 'rerun-requested'
      await store.note({ submissionId, who, what, detail: `of ${before.id}` }).catch((err) => {
        log.error({ submissionId, err }, 'who asked for it was not kept')
      })
    }
    launch(accepted)
    return accepted.submission
  }

  return {
    submit,
    stop: async (id, who) => {
      const before = await find(id)
      try {
        const stopping = await stops.begin(id, { who, reason: 'STOP_REQUESTED' })
        queue.withdraw(id)
        return stopping
      } catch (error) {
        if (!(error instanceof ImpossibleChange)) throw error
        const now = (await store.find(id)) ?? before
        if (!(await stopsWhatLives(now, who))) throw jobOver(now)
        return now
      }
    },
    restart: async (id, repetition) => await again(await find(id), repetition, id),
    rerun: async (id, repetition) => await again(await find(id), repetition),
    close: async (id, by) => {
      const before = await find(id)
      try {
        return await store.closeByHand(id, by)
      } catch (error) {
        if (!(error instanceof ImpossibleChange)) throw error
        throw jobOver((await store.find(id)) ?? before)
      }
    },
    find,
    list: async (filter, page) => {
      try {
        return await store.list(filter, page)
      } catch (error) {
        throw error instanceof BadCursor ? badCursor() : error
      }
    },
    attempts: (id) => store.attemptsOf(id),
    events: async (id) => {
      await find(id)
      return await store.events(id)
    },
    config: configOf,
    standing: (id) => ({
      position: queue.positionOf(id),
      waitsFor: queue.waitsFor(id),
      stop: stops.progressOf(id),
      obstacle: obstacles.problemOf(id)
    })
  }
}

/** `client` is what is meant where none is given, and the only one of a profile that knows none. */
function deployModeOf(
  before: Submission,
  { deployMode }: Repetition
): Pick<JobRequest, 'deployMode'> {
  if (deployMode !== undefined) return { deployMode }
  return before.deployMode === 'client' ? {} : { deployMode: before.deployMode }
}

function deadlineOf({ startDeadlineMs }: Readonly<{ startDeadlineMs?: number }>): number {
  return startDeadlineMs === undefined ? NO_DEADLINE : Date.now() + startDeadlineMs
}
