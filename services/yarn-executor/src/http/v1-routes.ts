import {
  applicationIdEnvelope,
  applicationParams,
  deployModeOf,
  reportEnvelope,
  runningEnvelope,
  type StartFlinkBody,
  type StartSparkBody,
  startFlinkBody,
  startSparkBody,
  stateEnvelope,
  textEnvelope,
  trueEnvelope
} from '@scheduler-task/contracts/executor'
import {
  LOG_FAILED,
  START_FAILED,
  STATUS_FAILED,
  STOP_FAILED
} from '@scheduler-task/envelope/codes'
import { ok } from '@scheduler-task/envelope/envelope'
import type { FastifyRequest } from 'fastify'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'

import type { JobRunner } from '../domain/job-runner.ts'
import type { JobRequest } from '../domain/launch-request.ts'
import type { RmReads } from './rm-reads.ts'

export type V1Options = {
  jobs: Pick<JobRunner, 'start' | 'restart' | 'stop'>
  reads: RmReads
  /** Waits for `answer`, or refuses when the service ends first. */
  untilEnd: <T>(answer: Promise<T>) => Promise<T>
}

/** Keys of a body that the document knows; others are ignored, and named in the log. */
const KNOWN_KEYS: ReadonlySet<string> = new Set(['master', 'deploy-mode', 'configFile', 'taskName'])
const LOGGED_KEYS = 20

const HEADER_ROW = { id: 'Application-Id', name: 'Application-Name' }

/** The documented calls below /executor. */
export const v1Routes: FastifyPluginAsyncZod<V1Options> = async (
  app,
  { jobs, reads, untilEnd }
) => {
  const start = async (request: FastifyRequest, job: JobRequest) => {
    request.changed = { target: job.taskName }
    const applicationId = await jobs.start(job)
    request.changed = { target: job.taskName, applicationId }
    return ok(applicationId)
  }
  const restart = async (request: FastifyRequest, old: string, job: JobRequest) => {
    request.changed = { target: job.taskName, applicationId: old }
    const applicationId = await jobs.restart(old, job)
    request.changed = { target: `${job.taskName} in place of ${old}`, applicationId }
    return ok(applicationId)
  }

  const starting = { failure: START_FAILED, change: 'executor.start' }
  const restarting = {
    failure: START_FAILED,
    alsoFails: [STOP_FAILED],
    change: 'executor.restart'
  }
  const response = { 200: applicationIdEnvelope }

  app.post(
    '/executor/start/spark',
    {
      schema: { summary: 'Start a Spark job (启动任务)', body: startSparkBody, response },
      config: starting
    },
    (request) => start(request, sparkJob(request, request.body))
  )
  app.post(
    '/executor/start/flink',
    {
      schema: { summary: 'Start a Flink job (启动任务)', body: startFlinkBody, response },
      config: starting
    },
    (request) => start(request, flinkJob(request, request.body))
  )
  app.post(
    '/executor/restart/spark/:applicationId',
    {
      schema: {
        summary: 'Stop a Spark job and start it again (重启任务)',
        params: applicationParams,
        body: startSparkBody,
        response
      },
      config: restarting
    },
    (request) => restart(request, request.params.applicationId, sparkJob(request, request.body))
  )
  app.post(
    '/executor/restart/flink/:applicationId',
    {
      schema: {
        summary: 'Stop a Flink job and start it again (重启任务)',
        params: applicationParams,
        body: startFlinkBody,
        response
      },
      config: restarting
    },
    (request) => restart(request, request.params.applicationId, flinkJob(request, request.body))
  )

  app.get(
    '/executor/yarnStatus',
    {
      schema: {
        summary: 'How the cluster is doing (获取yarn运行状况)',
        response: { 200: textEnvelope }
      },
      config: { failure: STATUS_FAILED }
    },
    async () => ok(await untilEnd(reads.scheduler()))
  )
  app.get(
    '/executor/y/logger/:applicationId',
    {
      schema: {
        summary: 'The report of an application (获取任务日志)',
        params: applicationParams,
        response: { 200: reportEnvelope }
      },
      config: { failure: LOG_FAILED }
    },
    async (request) => ok(await untilEnd(reads.report(request.params.applicationId)))
  )
  app.get(
    '/executor/status/:applicationId',
    {
      schema: {
        summary: 'The state of an application (获取当前运行的任务状态)',
        params: applicationParams,
        response: { 200: stateEnvelope }
      },
      config: { failure: STATUS_FAILED }
    },
    async (request) => ok(await untilEnd(reads.state(request.params.applicationId)))
  )
  app.get(
    '/executor/running',
    {
      schema: {
        summary: 'Applications that have not ended (获取当前正在的任务)',
        response: { 200: runningEnvelope }
      },
      config: { failure: STATUS_FAILED }
    },
    async () => {
      const listed = await untilEnd(reads.listed())
      if (listed.length === 0) return ok('{}')
      return ok(JSON.stringify([HEADER_ROW, ...listed.map(({ id, name }) => ({ id, name }))]))
    }
  )

  await app.register(stopRoute, { jobs })
}

/** Nothing in the body counts: one of any type is let run out unread. */
const stopRoute: FastifyPluginAsyncZod<Pick<V1Options, 'jobs'>> = async (app, { jobs }) => {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, payload, done) => {
    payload.resume()
    done(null)
  })
  app.post(
    '/executor/stop/:applicationId',
    {
      schema: {
        summary: 'Stop an application and prove it gone (停止任务)',
        params: applicationParams,
        response: { 200: trueEnvelope }
      },
      config: { failure: STOP_FAILED, change: 'executor.stop' }
    },
    async (request) => {
      const { applicationId } = request.params
      request.changed = { applicationId }
      await jobs.stop(applicationId, request.user.name)
      return ok(true as const)
    }
  )
}

function sparkJob(request: FastifyRequest, body: StartSparkBody): JobRequest {
  return { ...common(request, body), engine: 'spark', deployMode: deployModeOf(body) }
}

function flinkJob(request: FastifyRequest, body: StartFlinkBody): JobRequest {
  return { ...common(request, body), engine: 'flink' }
}

function common(request: FastifyRequest, body: StartSparkBody | StartFlinkBody) {
  const unknown = Object.keys(body).filter((key) => !KNOWN_KEYS.has(key))
  if (unknown.length > 0) {
    const keys = unknown.slice(0, LOGGED_KEYS).map((key) => key.slice(0, 100))
    request.log.info({ keys }, 'keys of the body that are not known were ignored')
  }
  const { configFile, taskName } = body
  return { configFile, taskName, owner: request.user.name, requestId: request.id }
}
