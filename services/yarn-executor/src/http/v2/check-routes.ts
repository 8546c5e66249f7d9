import { jobCheck } from '@scheduler-task/contracts/executor-check'
import { MAX_JOB_BODY_BYTES, submitJobBody } from '@scheduler-task/contracts/executor-v2'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import type { JobChecking } from '../../domain/check-job.ts'
import { jobOf } from './job-routes.ts'

/** What would come of a job, below /executor/v2: nothing is changed, so who may read may ask. */
export const checkRoutes: FastifyPluginAsyncZod<{ check: JobChecking }> = async (
  app,
  { check }
) => {
  app.post(
    '/jobs/check',
    {
      bodyLimit: MAX_JOB_BODY_BYTES,
      schema: {
        summary: 'Say what is wrong with a job, and what would run, without starting anything',
        body: submitJobBody,
        response: { 200: jobCheck }
      }
    },
    async (request) => {
      const { findings, argv, environment, ...rest } = await check(jobOf(request, request.body))
      return {
        ...rest,
        findings: [...findings],
        argv: argv && [...argv],
        environment: [...environment]
      }
    }
  )
}
