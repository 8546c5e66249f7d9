import { z } from 'zod'
import { applicationId } from './application-id.ts'
import { nextCursor, partLimit, time } from './executor-v2-fields.ts'

/** Query of `GET /executor/v2/applications`. */
export const listApplicationsQuery = z.strictObject({
  user: z.string({ error: 'may be given once' }).min(1).max(200).optional(),
  name: z
    .string({ error: 'may be given once' })
    .min(1)
    .max(200)
    .optional()
    .describe('Any part of the name, letter for letter'),
  limit: partLimit,
  cursor: applicationId.optional().describe('`nextCursor` of the part before')
})

export const application = z.object({
  id: applicationId,
  name: z.string(),
  user: z.string(),
  queue: z.string(),
  type: z.string(),
  state: z.string().describe('The ResourceManager’s own word'),
  finalStatus: z.string(),
  progress: z.number().describe('0 to 100'),
  startedAt: time.nullable(),
  finishedAt: time.nullable(),
  trackingUrl: z.string().nullable(),
  tags: z.array(z.string()),
  diagnostics: z.string(),
  jobId: z.string().nullable().describe('The job that started it, when its tag says so'),
  stopping: z.boolean().describe('Its end was asked for here and is not reported yet')
})
export type ApplicationView = z.output<typeof application>

export const applicationList = z.object({
  items: z.array(application),
  nextCursor,
  total: z.int().describe('Of all parts together')
})
