import { atLeast } from '@scheduler-task/auth/roles'
import {
  closeJobBody,
  type Job,
  job,
  jobDetail,
  jobEvents,
  jobList,
  jobParams,
  listJobsQuery,
  MAX_JOB_BODY_BYTES,
  type RepeatJobBody,
  repeatJobBody,
  type SubmitJobBody,
  submitJobBody,
  submitJobHeaders
} from '@scheduler-task/contracts/executor-v2'
import { BadParameters } from '@scheduler-task/envelope/errors'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import type { JobSecrets } from '../../domain/job-secrets.ts'
import type { JobRequest } from '../../domain/launch-request.ts'
import { type LaunchSettings, NO_SETTINGS } from '../../domain/launching.ts'
import { maskConfig } from '../../domain/secret-masking.ts'
import type { Submission } from '../../domain/submission.ts'
import type { Repetition, Submissions, SubmitTerms } from '../../domain/submissions.ts'
import { timeOf, toJob, toJobDetail } from './job-view.ts'
import { requestDigest } from './request-digest.ts'

export type JobRoutesOptions = { jobs: Submissions; secretsOf: JobSecrets }

const kept = { 202: job }

/** Jobs below /executor/v2: problem details on errors, true HTTP statuses. */
export const jobRoutes: FastifyPluginAsyncZod<JobRoutesOptions> = async (
  app,
  { jobs, secretsOf }
) => {
  const shown = (submission: Submission) =>
    toJob(submission, jobs.standing(submission.id), Date.now())

  /** 202 and where to follow it. */
  function answerKept(request: FastifyRequest, reply: FastifyReply, submission: Submission): Job {
    const { id, taskName, applicationId } = submission
    request.changed = { target: `${taskName} (${id})`, ...(applicationId && { applicationId }) }
    reply.code(202).header('location', `/executor/v2/jobs/${id}`)
    return shown(submission)
  }

  app.post(
    '/jobs',
    {
      bodyLimit: MAX_JOB_BODY_BYTES,
      schema: {
        summary: 'Submit a job; it is launched in the background',
        headers: submitJobHeaders,
        body: submitJobBody,
        response: kept
      },
      config: { change: 'executor.submit', refusals: [409, 422] }
    },
    async (request, reply) => {
      request.changed = { target: request.body.taskName }
      refuseSecondKey(request)
      const terms = termsOf(request.headers['idempotency-key'], request.body)
      return answerKept(request, reply, await jobs.submit(jobOf(request, request.body), terms))
    }
  )

  app.get(
    '/jobs',
    {
      schema: {
        summary: 'Jobs, newest first',
        querystring: listJobsQuery,
        response: { 200: jobList }
      }
    },
    async ({ query }) => {
      const { state, engine, owner, name, acceptedFrom, acceptedTo, limit, cursor } = query
      const filter = {
        ...(state && { states: state }),
        ...(engine && { engine }),
        ...(owner !== undefined && { owner }),
        ...(name !== undefined && { nameContains: name }),
        ...(acceptedFrom && { acceptedFrom: Date.parse(acceptedFrom) }),
        ...(acceptedTo && { acceptedBefore: Date.parse(acceptedTo) })
      }
      const after = cursor === undefined ? {} : { after: cursor }
      const page = await jobs.list(filter, { limit, ...after })
      return { ...page, items: page.items.map(shown) }
    }
  )

  app.get(
    '/jobs/:id',
    {
      schema: {
        summary: 'All that is known of a job',
        params: jobParams,
        response: { 200: jobDetail }
      },
      config: { refusals: [404] }
    },
    async ({ params }) => {
      const submission = await jobs.find(params.id)
      const attempts = await jobs.attempts(params.id)
      const secrets = attempts.length > 0 ? await secretsOf(submission) : []
      return toJobDetail(shown(submission), attempts, secrets)
    }
  )

  app.get(
    '/jobs/:id/events',
    {
      schema: {
        summary: 'What happened to a job: who, what and when',
        params: jobParams,
        response: { 200: jobEvents }
      },
      config: { refusals: [404] }
    },
    async ({ params }) => {
      const events = await jobs.events(params.id)
      const items = events.map(({ at, who, what, detail }) => ({
        at: timeOf(at),
        who,
        what,
        detail
      }))
      return { items }
    }
  )

  app.get(
    '/jobs/:id/config',
    {
      schema: {
        summary: 'The config that a job runs with; secrets are masked for others than its owner',
        params: jobParams
      },
      config: { refusals: [404], openApi: { responses: { 200: CONFIG_ANSWER } } }
    },
    async (request, reply) => {
      const submission = await jobs.find(request.params.id)
      const bytes = await jobs.config(submission)
      const { name, roles } = request.user
      const whole = atLeast('admin', roles) || (name !== '' && name === submission.owner)
      reply.type('text/plain; charset=utf-8').header('cache-control', 'no-store')
      if (whole) return reply.send(bytes)
      const text = bytes.toString()
      return reply.header('x-masked', 'true').send(maskConfig(text))
    }
  )

  app.post(
    '/jobs/:id/close',
    {
      schema: {
        summary: 'Say that a job is over, when nobody can prove it',
        params: jobParams,
        body: closeJobBody,
        response: { 200: job }
      },
      config: { change: 'executor.close', refusals: [404, 409] }
    },
    async (request) => {
      const { params, body, user } = request
      request.changed = { target: params.id }
      return shown(await jobs.close(params.id, { who: user.name, text: body.text }))
    }
  )

  for (const again of ['restart', 'rerun'] as const) {
    app.post(
      `/jobs/:id/${again}`,
      {
        bodyLimit: MAX_JOB_BODY_BYTES,
        schema: { summary: AGAIN[again], params: jobParams, body: repeatJobBody, response: kept },
        config: { change: `executor.${again}`, refusals: [404, 409, 422] }
      },
      async (request, reply) => {
        request.changed = { target: request.params.id }
        const repetition = repetitionOf(request, request.body)
        const submission = await jobs[again](request.params.id, repetition)
        return answerKept(request, reply, submission)
      }
    )
  }

  app.post(
    '/jobs/:id/stop',
    {
      schema: {
        summary: 'Stop a job; it is over once nothing of it is left',
        params: jobParams,
        response: kept
      },
      config: { change: 'executor.stop', refusals: [404, 409] }
    },
    async (request, reply) => {
      request.changed = { target: request.params.id }
      const stopping = await jobs.stop(request.params.id, request.user.name)
      return answerKept(request, reply, stopping)
    }
  )
}

const AGAIN = {
  restart: 'Stop a job, and start it anew once nothing of it is left',
  rerun: 'Start a job that is over once more'
}

const CONFIG_ANSWER = {
  description: 'The config, byte for byte; with `X-Masked: true` its secrets are masked',
  headers: {
    'X-Request-Id': { $ref: '#/components/headers/RequestId' },
    'X-Masked': { description: 'Secrets are masked', schema: { type: 'string', const: 'true' } }
  },
  content: { 'text/plain': { schema: { type: 'string' } } }
}

/** What a body asks for, in the domain's words. */
export function jobOf(request: FastifyRequest, body: SubmitJobBody): JobRequest {
  const { engine, taskName, configFile = '', config, profile, deployMode } = body
  const given = {
    ...(config !== undefined && { config: Buffer.from(config) }),
    ...(profile && { profile }),
    ...(deployMode && { deployMode }),
    settings: { ...NO_SETTINGS, ...settingsIn(body) }
  }
  const { user, id: requestId } = request
  return { engine, taskName, configFile, ...given, owner: user.name, requestId }
}

/** Those that are given. */
function settingsIn(body: SubmitJobBody | NonNullable<RepeatJobBody>): Partial<LaunchSettings> {
  const { queue, variables, conf, args, mainClass } = body
  return {
    ...(queue !== undefined && { queue }),
    ...(variables && { variables }),
    ...(conf && { conf }),
    ...(args && { args }),
    ...(mainClass !== undefined && { mainClass })
  }
}

/** Joined, as Node.js does it, two would be another key, which nobody sent. */
function refuseSecondKey({ raw }: FastifyRequest): void {
  if ((raw.headersDistinct['idempotency-key']?.length ?? 0) < 2) return
  throw new BadParameters([{ path: 'idempotency-key', message: 'may be sent once only' }])
}

function termsOf(key: string | undefined, body: SubmitJobBody): SubmitTerms {
  const { startDeadlineMs } = body
  return {
    ...(startDeadlineMs !== undefined && { startDeadlineMs }),
    ...(key !== undefined && { once: { key, bodyDigest: requestDigest(body) } })
  }
}

function repetitionOf({ user, id }: FastifyRequest, body: RepeatJobBody): Repetition {
  const { config, configFile, deployMode, startDeadlineMs } = body ?? {}
  return {
    ...(configFile !== undefined && { configFile }),
    ...(deployMode && { deployMode }),
    ...(startDeadlineMs !== undefined && { startDeadlineMs }),
    settings: settingsIn(body ?? {}),
    who: user.name,
    requestId: id,
    ...(config !== undefined && { config: Buffer.from(config) })
  }
}
