import { jobParams } from '@scheduler-task/contracts/executor-v2'
import { type JobDiagnosis, jobDiagnosis } from '@scheduler-task/contracts/executor-v2-diagnosis'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import type { Diagnoses } from '../../domain/diagnosis/diagnoses.ts'
import type { JobLogs } from '../../domain/job-logs.ts'
import { logElsewhere } from '../../errors.ts'
import { isRelayed, type TextRelay } from './log-relay.ts'

export type DiagnosisRoutesOptions = {
  diagnoses: Diagnoses
  logs: Pick<JobLogs, 'placeOf'>
  relayForText: TextRelay
}

/** Longer than the other one takes at most; afterwards what is known without the log is answered. */
const RELAY_LIMIT_MS = 5000

/** Why a job is pending or has failed, below /executor/v2. */
export const diagnosisRoutes: FastifyPluginAsyncZod<DiagnosisRoutesOptions> = async (
  app,
  { diagnoses, logs, relayForText }
) => {
  app.get(
    '/jobs/:id/diagnosis',
    {
      schema: {
        summary: 'Why a job is pending or has failed, with evidence',
        params: jobParams,
        response: { 200: jobDiagnosis }
      },
      config: { refusals: [404, 503] }
    },
    async (request) => {
      const { id } = request.params
      const { causes, ...rest } = await diagnoses.of(id)
      const place = rest.unread === null ? undefined : await logs.placeOf(id)
      if (place?.kind === 'elsewhere') {
        const { hostId } = place
        // Whoever asked has what is known without the log.
        if (isRelayed(request)) throw logElsewhere(hostId, 'it is not this one')
        const text = await relayForText(request, place, AbortSignal.timeout(RELAY_LIMIT_MS))
        const answer = text === undefined ? undefined : diagnosisIn(text)
        if (answer) return answer
      }
      return {
        ...rest,
        causes: causes.map((cause) => ({
          ...cause,
          evidence: cause.evidence.map((one) => ({ ...one }))
        }))
      }
    }
  )
}

/** Undefined when it is none: an instance of another version may answer. */
function diagnosisIn(text: string): JobDiagnosis | undefined {
  try {
    return jobDiagnosis.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}
