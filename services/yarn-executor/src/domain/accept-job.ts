import { createHash } from 'node:crypto'
import { BadParameters } from '@scheduler-task/envelope/errors'
import { configRefused, nameHeldHere, queueFull, shuttingDown } from '../errors.ts'
import type { ConfigFiles } from './config-files.ts'
import { NameTaken } from './job-store.ts'
import { type Place, QueueClosed, QueueFull } from './launch-queue.ts'
import type { DeployMode, Engine, LaunchRequest } from './launching.ts'
import type { Parts } from './parts.ts'
import type { Submission } from './submission.ts'
import { attemptTagOf, installationTagOf, newId, submissionTagOf } from './tags.ts'

/** What a user asks to run, checked by the route's schema. */
export type JobRequest = Readonly<{
  engine: Engine
  deployMode: DeployMode
  configFile: string
  taskName: string
  owner: string
  requestId: string
}>

/** A job that may be run as far as can be told without asking anybody; nothing is written yet. */
export type Draft = Readonly<{ job: JobRequest; launch: LaunchRequest; configDigest: string }>

/** A durable submission with its place in the queue. Whoever holds it launches it or sees it rejected. */
export type Accepted = Readonly<{ submission: Submission; launch: LaunchRequest; place: Place }>

export interface Acceptance {
  /**
   * Reads the config and asks the profile.
   * @throws BadParameters, Failure
   */
  draft: (job: JobRequest) => Promise<Draft>
  /** @throws Failure (the name is held here), Refusal (the queue is full; nothing was written) */
  accept: (
    draft: Draft,
    terms: Readonly<{ startDeadline: number; replaces?: string }>
  ) => Promise<Accepted>
}

export function createAcceptance(
  { store, launching, queue }: Pick<Parts, 'store' | 'launching' | 'queue'>,
  configFiles: ConfigFiles,
  installationId: string
): Acceptance {
  return {
    draft: async (job) => {
      const config = await configFiles.read(job.configFile)
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

    accept: async ({ job, launch, configDigest }, { startDeadline, replaces }) => {
      const place = reserve()
      try {
        const submission = await store.accept(
          {
            ...job,
            id: launch.submissionId,
            configDigest,
            installationTag: launch.tags[0],
            submissionTag: launch.tags[1],
            startDeadline,
            replaces: replaces ?? null
          },
          { config: launch.config }
        )
        return { submission, launch, place }
      } catch (error) {
        place.leave()
        if (error instanceof NameTaken) throw nameHeldHere(error.holder)
        throw error
      }
    }
  }

  function reserve(): Place {
    try {
      return queue.reserve()
    } catch (error) {
      if (error instanceof QueueFull) throw queueFull()
      if (error instanceof QueueClosed) throw shuttingDown()
      throw error
    }
  }
}
