import { createHash } from 'node:crypto'
import { BadParameters, type ParameterIssue } from '@scheduler-task/envelope/errors'
import type { Finding } from '@scheduler-task/job-config/finding'
import { TimeLimitReached, withinTime } from '@scheduler-task/yarn-client/time-limit'
import {
  configRefused,
  keyReused,
  nameHeldHere,
  notStarted,
  queueFull,
  shuttingDown
} from '../errors.ts'
import { KeyReused, NameTaken, type OncePerKey } from './job-store.ts'
import { type Place, QueueClosed, QueueFull } from './launch-queue.ts'
import { asSent, type JobRequest, type RequestMaking } from './launch-request.ts'
import { type LaunchRequest, settingsOf } from './launching.ts'
import type { Parts } from './parts.ts'
import type { Submission } from './submission.ts'
import { type Except, refuseUsedName } from './task-names.ts'

/** A job that may be run as far as can be told without asking anybody; nothing is written yet. */
export type Draft = Readonly<{ job: JobRequest; launch: LaunchRequest; configDigest: string }>

/**
 * A durable submission with its place in the queue. Whoever holds it launches it or sees it rejected. As many of them
 * are kept in memory as may wait: without the config.
 */
export type Accepted = Readonly<{
  submission: Submission
  place: Place
  /** When the ResourceManager knew nobody of its name, by `performance.now()`; undefined when it was not asked. */
  nameWasFreeAt?: number
}>

/** What an acceptance is made with. `once`: what the client's key was. */
export type Terms = Readonly<{
  startDeadline: number
  replaces?: string
  replacesApplication?: string
  once?: OncePerKey
}>

export interface Acceptance {
  /**
   * Reads the config and asks the profile.
   * @throws BadParameters, Failure
   */
  draft: (job: JobRequest) => Promise<Draft>
  /**
   * Refuses a name that is in use, here or on the cluster. The time may be over before that is known.
   * @throws Failure
   */
  checkName: (taskName: string, except?: Except) => Promise<void>
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

export function createAcceptance(parts: Parts, makeRequest: RequestMaking): Acceptance {
  const { store, launching, background, limits } = parts

  async function take(draft: Draft, terms: Terms): Promise<Accepted & { first: boolean }> {
    const { job, launch, configDigest } = draft
    const place = reserve(launch.submissionId)
    const { startDeadline, replaces = null, replacesApplication = null, once } = terms
    const { engine, profile, deployMode, taskName, program } = launch
    const { configFile, owner, requestId } = job
    const fresh = {
      ...{ engine, profile, deployMode, taskName, program, configFile, owner, requestId },
      settings: settingsOf(launch),
      id: launch.submissionId,
      configDigest,
      installationTag: launch.tags[0],
      submissionTag: launch.tags[1],
      startDeadline,
      replaces,
      replacesApplication,
      // Whatever was accepted is launched, also by the next process of this service.
      promised: true
    }
    const kept = program ? {} : { config: launch.config }
    try {
      const { submission, first } = once
        ? await store.acceptOnce(fresh, once, kept)
        : { submission: await store.accept(fresh, kept), first: true }
      return { submission, place, first }
    } catch (error) {
      place.leave()
      if (error instanceof NameTaken) throw nameHeldHere(error.holder)
      if (error instanceof KeyReused) throw keyReused(error.submission)
      throw error
    }
  }

  return {
    draft: async (job) => {
      const launch = await makeRequest(job)
      const issues = launching.check(launch).filter(isError).map(asIssue)
      const parameters = issues.filter(({ path }) => path !== 'configFile')
      if (parameters.length > 0) throw new BadParameters(parameters)
      if (issues.length > 0) throw configRefused(job.configFile, asSent(job, issues))
      return { job, launch, configDigest: launch.program?.digest ?? digestOf(launch.config) }
    },

    checkName: async (taskName, except) => {
      try {
        await withinTime(limits.startTimeoutMs, background.signal, (limit) =>
          refuseUsedName(parts, taskName, limit, except)
        )
      } catch (error) {
        if (!(error instanceof TimeLimitReached)) throw error
        throw notStarted('START_TIMEOUT', 'whether taskName is free could not be asked in time', {})
      }
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
      return parts.queue.reserve(submissionId)
    } catch (error) {
      if (error instanceof QueueFull) throw queueFull()
      if (error instanceof QueueClosed) throw shuttingDown()
      throw error
    }
  }
}

function digestOf(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

function isError({ severity }: Finding): boolean {
  return severity === 'error'
}

/** The place belongs to the sentence: v1 has no other room for it. */
function asIssue({ path, message, line, column }: Finding): ParameterIssue {
  if (line === undefined) return { path, message }
  const place = column === undefined ? `line ${line}` : `line ${line}, column ${column}`
  return { path, message: `${place}: ${message}` }
}
