import { createHash } from 'node:crypto'
import { BadParameters } from '@scheduler-task/envelope/errors'
import { configRefused, keyReused, nameHeldHere, queueFull, shuttingDown } from '../errors.ts'
import type { ConfigFiles } from './config-files.ts'
import { KeyReused, NameTaken, type OncePerKey } from './job-store.ts'
import { type Place, QueueClosed, QueueFull } from './launch-queue.ts'
import type { DeployMode, Engine, LaunchRequest } from './launching.ts'
import type { Parts } from './parts.ts'
import type { Attempt, Submission } from './submission.ts'
import { attemptTagOf, installationTagOf, newId, submissionTagOf } from './tags.ts'

/** What a user asks to run, checked by the route's schema. */
export type JobRequest = Readonly<{
  engine: Engine
  deployMode: DeployMode
  /** Empty when the config came as a text. */
  configFile: string
  /** The config itself, in place of a file's. */
  config?: Buffer
  taskName: string
  owner: string
  requestId: string
}>

/** A job that may be run as far as can be told without asking anybody; nothing is written yet. */
export type Draft = Readonly<{ job: JobRequest; launch: LaunchRequest; configDigest: string }>

/** A durable submission with its place in the queue. Whoever holds it launches it or sees it rejected. */
export type Accepted = Readonly<{
  submission: Submission
  launch: LaunchRequest
  place: Place
  /** Known when a former process of this service has prepared it. */
  attempt?: Attempt
}>

/** What an acceptance is made with. `once`: what the client's key was. */
export type Terms = Readonly<{
  startDeadline: number
  replaces?: string
  promised?: boolean
  once?: OncePerKey
}>

export interface Acceptance {
  /**
   * Reads the config and asks the profile.
   * @throws BadParameters, Failure
   */
  draft: (job: JobRequest) => Promise<Draft>
  /** @throws Failure (the name is held here), Refusal (the queue is full; nothing was written) */
  accept: (draft: Draft, terms: Omit<Terms, 'once'>) => Promise<Accepted>
  /**
   * The same for a client that may ask twice: `earlier` is what its key was used for before.
   * @throws Refusal also when the key was used with another body
   */
  acceptOnce: (
    draft: Draft,
    terms: Terms & Readonly<{ once: OncePerKey }>
  ) => Promise<Accepted | Readonly<{ earlier: Submission }>>
}

export function createAcceptance(
  { store, launching, queue }: Pick<Parts, 'store' | 'launching' | 'queue'>,
  configFiles: ConfigFiles,
  installationId: string
): Acceptance {
  async function take(draft: Draft, terms: Terms): Promise<Accepted & { first: boolean }> {
    const { job, launch, configDigest } = draft
    const place = reserve(launch.submissionId)
    const { startDeadline, replaces = null, promised = false, once } = terms
    const fresh = {
      ...job,
      id: launch.submissionId,
      configDigest,
      installationTag: launch.tags[0],
      submissionTag: launch.tags[1],
      startDeadline,
      replaces,
      promised
    }
    const kept = { config: launch.config }
    try {
      const { submission, first } = once
        ? await store.acceptOnce(fresh, once, kept)
        : { submission: await store.accept(fresh, kept), first: true }
      return { submission, launch, place, first }
    } catch (error) {
      place.leave()
      if (error instanceof NameTaken) throw nameHeldHere(error.holder)
      if (error instanceof KeyReused) throw keyReused(error.submission)
      throw error
    }
  }

  return {
    draft: async (job) => {
      const config = job.config ?? (await configFiles.read(job.configFile))
      const submissionId = newId(Date.now())
      const attemptId = `${submissionId}-1`
      const launch: LaunchRequest = {
        engine: job.engine,
        deployMode: job.deployMode,
        taskName: job.taskName,
        tags: [
          installationTagOf(installationId),
          submissionTagOf(submissionId),
          attemptTagOf(attemptId)
        ],
        submissionId,
        attemptId,
        config
      }
      const issues = launching.check(launch)
      const parameters = issues.filter(({ path }) => path !== 'configFile')
      if (parameters.length > 0) throw new BadParameters(parameters)
      if (issues.length > 0) throw configRefused(job.configFile, issues)
      const digest = createHash('sha256').update(config).digest('hex')
      return { job, launch, configDigest: `sha256:${digest}` }
    },

    accept: take,
    acceptOnce: async (draft, terms) => {
      const { first, ...accepted } = await take(draft, terms)
      if (first) return accepted
      accepted.place.leave()
      return { earlier: accepted.submission }
    }
  }

  function reserve(submissionId: string): Place {
    try {
      return queue.reserve(submissionId)
    } catch (error) {
      if (error instanceof QueueFull) throw queueFull()
      if (error instanceof QueueClosed) throw shuttingDown()
      throw error
    }
  }
}
