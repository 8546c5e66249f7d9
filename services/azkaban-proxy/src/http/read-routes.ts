import {
  azkabanTextEnvelope,
  executionBody,
  flowBody,
  foundApplicationEnvelope,
  jobBody,
  jobLogBody
} from '@scheduler-task/contracts/azkaban'
import { LOG_FAILED, STATUS_FAILED } from '@scheduler-task/envelope/codes'
import { ok } from '@scheduler-task/envelope/envelope'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import type { Azkaban } from '../domain/azkaban.ts'
import { findApplicationId } from '../domain/find-application-id.ts'
import type { LargeAnswers } from './large-answers.ts'
import type { TellFailures } from './tell-failures.ts'
import { untilCallerLeaves } from './until-caller-leaves.ts'

export type ReadRoutesOptions = {
  azkaban: Pick<Azkaban, 'session'>
  tell: TellFailures
  searchLimitMs: number
  largeAnswers: LargeAnswers
}

/** The calls of `/azkaban` that only read. A caller who leaves ends what is asked for it. */
export const readRoutes: FastifyPluginAsyncZod<ReadRoutesOptions> = async (
  app,
  { azkaban, tell, searchLimitMs, largeAnswers }
) => {
  app.post(
    '/azkaban/getAppId',
    {
      schema: {
        summary: 'The YARN application of a job (获取applicationId)',
        body: jobBody,
        response: { 200: foundApplicationEnvelope }
      },
      config: { failure: LOG_FAILED }
    },
    async ({ body: { sessionId, execId, jobId } }, reply) => {
      const limits = { limitMs: searchLimitMs, signal: untilCallerLeaves(reply) }
      const search = findApplicationId(azkaban.session(sessionId), { execId, jobId }, limits)
      return ok((await tell(search)) ?? null)
    }
  )
  app.post(
    '/azkaban/logger',
    {
      schema: {
        summary: 'A part of a job’s log (获取任务日志)',
        body: jobLogBody,
        response: { 200: azkabanTextEnvelope }
      },
      config: { failure: LOG_FAILED }
    },
    async ({ body: { sessionId, execId, jobId, offset, length } }, reply) => {
      const asked = { execId, jobId, offset, length }
      const signal = untilCallerLeaves(reply)
      await tell(largeAnswers.room(length, reply.raw, signal))
      const { text } = await tell(azkaban.session(sessionId).jobLog(asked, signal))
      return ok(text)
    }
  )
  app.post(
    '/azkaban/status',
    {
      schema: {
        summary: 'The state of an execution (获取当前运行的任务状态)',
        body: executionBody,
        response: { 200: azkabanTextEnvelope }
      },
      config: { failure: STATUS_FAILED }
    },
    async ({ body: { sessionId, execId } }, reply) => {
      const { text } = await tell(
        azkaban.session(sessionId).execution(execId, untilCallerLeaves(reply))
      )
      return ok(text)
    }
  )
  app.post(
    '/azkaban/running',
    {
      schema: {
        summary: 'Executions of a flow that have not ended (获取当前正在的任务)',
        body: flowBody,
        response: { 200: azkabanTextEnvelope }
      },
      config: { failure: STATUS_FAILED }
    },
    async ({ body: { sessionId, project, flow } }, reply) => {
      const { text, execIds } = await tell(
        azkaban.session(sessionId).running({ project, flow }, untilCallerLeaves(reply))
      )
      return ok(execIds.length === 0 ? '{}' : text)
    }
  )
}
