import {
  azkabanTextEnvelope,
  flowBody,
  restartExecutionBody,
  stopExecutionBody,
  stoppedEnvelope
} from '@scheduler-task/contracts/azkaban'
import { START_FAILED, STOP_FAILED } from '@scheduler-task/envelope/codes'
import { ok } from '@scheduler-task/envelope/envelope'
import type { FastifyRequest } from 'fastify'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import type { Azkaban } from '../domain/azkaban.ts'
import type { StopRequest } from '../domain/check-stop.ts'
import type { Executions } from '../domain/executions.ts'
import type { TellFailures } from './tell-failures.ts'

export type ChangeRoutesOptions = {
  azkaban: Pick<Azkaban, 'session'>
  executions: Pick<Executions, 'start' | 'stop' | 'restart'>
  tell: TellFailures
}

/** The calls of `/azkaban` that start or stop something. They go on when their caller leaves. */
export const changeRoutes: FastifyPluginAsyncZod<ChangeRoutesOptions> = async (
  app,
  { azkaban, executions, tell }
) => {
  app.post(
    '/azkaban/start',
    {
      schema: {
        summary: 'Start a flow (启动任务)',
        body: flowBody,
        response: { 200: azkabanTextEnvelope }
      },
      config: { failure: START_FAILED, change: 'azkaban.start' }
    },
    async (request) => {
      const { sessionId, project, flow } = request.body
      request.changed = { target: `${project}/${flow}` }
      const { text, execId } = await tell(
        executions.start(azkaban.session(sessionId), { project, flow })
      )
      request.changed = { target: `${project}/${flow}, execution ${execId}` }
      return ok(text)
    }
  )
  app.post(
    '/azkaban/stop',
    {
      schema: {
        summary: 'Stop an execution and its application (停止任务)',
        body: stopExecutionBody,
        response: { 200: stoppedEnvelope }
      },
      config: { failure: STOP_FAILED, change: 'azkaban.stop' }
    },
    async (request) => {
      const { sessionId } = request.body
      const stop = stopOf(request, request.body)
      const session = azkaban.session(sessionId)
      await tell(executions.stop({ session, sessionId }, stop))
      return ok(true as const)
    }
  )
  app.post(
    '/azkaban/restart',
    {
      schema: {
        summary: 'Stop an execution and start its flow again (重启任务)',
        body: restartExecutionBody,
        response: { 200: azkabanTextEnvelope }
      },
      config: { failure: STOP_FAILED, alsoFails: [START_FAILED], change: 'azkaban.restart' }
    },
    async (request) => {
      const { sessionId, project, flow } = request.body
      const stop = stopOf(request, request.body)
      const session = azkaban.session(sessionId)
      const restart = executions.restart({ session, sessionId }, stop, { project, flow })
      const { text, execId } = await tell(restart)
      request.changed = {
        ...request.changed,
        target: `${project}/${flow}, execution ${execId} in place of ${stop.execId}`
      }
      return ok(text)
    }
  )
}

function stopOf(
  request: FastifyRequest,
  { execId, applicationId }: { execId: number; applicationId: string | undefined }
): StopRequest {
  request.changed = { target: `execution ${execId}`, ...(applicationId && { applicationId }) }
  return { execId, applicationId, who: request.user.name }
}
