import { applicationParams } from '@scheduler-task/contracts/executor'
import {
  type ApplicationView,
  application,
  applicationList,
  listApplicationsQuery
} from '@scheduler-task/contracts/executor-v2-applications'
import type { Application } from '@scheduler-task/yarn-client/application'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import type { Applications } from '../../domain/applications.ts'
import { submissionIdIn } from '../../domain/tags.ts'
import { timeOf } from './job-view.ts'

/** Applications of the cluster, whoever started them. */
export const applicationRoutes: FastifyPluginAsyncZod<{ applications: Applications }> = async (
  app,
  { applications }
) => {
  const { stopping } = applications

  app.get(
    '/applications',
    {
      schema: {
        summary: 'Applications of the cluster that have not ended, newest first',
        querystring: listApplicationsQuery,
        response: { 200: applicationList }
      },
      config: { refusals: [502] }
    },
    async ({ query: { user, name, limit, cursor } }) => {
      const filter = {
        ...(user !== undefined && { user }),
        ...(name !== undefined && { nameContains: name })
      }
      const after = cursor === undefined ? {} : { after: cursor }
      const page = await applications.list(filter, { limit, ...after })
      const stopped = await stopping()
      return { ...page, items: page.items.map((one) => toView(one, stopped.has(one.id))) }
    }
  )

  app.get(
    '/applications/:applicationId',
    {
      schema: {
        summary: 'An application, as the ResourceManager knows it now',
        params: applicationParams,
        response: { 200: application }
      },
      config: { refusals: [404, 502] }
    },
    async ({ params: { applicationId: id } }) => {
      const [one, stopped] = await Promise.all([applications.find(id), stopping()])
      return toView(one, stopped.has(one.id))
    }
  )

  app.post(
    '/applications/:applicationId/stop',
    {
      schema: {
        summary: 'Stop an application, whoever started it',
        params: applicationParams,
        response: { 202: application.partial().required({ id: true, stopping: true }) }
      },
      config: { change: 'executor.stop', refusals: [404, 409, 502] }
    },
    async (request, reply) => {
      const { applicationId } = request.params
      request.changed = { applicationId }
      const stopped = await applications.stop(applicationId, request.user.name)
      reply.code(202).header('location', `/executor/v2/applications/${applicationId}`)
      return { ...(stopped && toView(stopped, true)), id: applicationId, stopping: true }
    }
  )
}

function toView(one: Application, stopping: boolean): ApplicationView {
  const { id, name, user, queue, applicationType: type, state, finalStatus, progress } = one
  return {
    id,
    name,
    user,
    queue,
    type,
    state,
    finalStatus,
    progress,
    startedAt: one.startedTime > 0 ? timeOf(one.startedTime) : null,
    finishedAt: one.finishedTime > 0 ? timeOf(one.finishedTime) : null,
    trackingUrl: one.trackingUrl ?? null,
    tags: [...one.applicationTags],
    diagnostics: one.diagnostics.slice(0, 4000),
    jobId: submissionIdIn(one.applicationTags) ?? null,
    stopping
  }
}
