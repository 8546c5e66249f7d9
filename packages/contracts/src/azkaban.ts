import { envelopeOf } from '@scheduler-task/envelope/envelope'
import { z } from 'zod'
import { applicationId } from './application-id.ts'

/** Azkaban reads ids, offsets and lengths as 32-bit integers (azkaban.md §4.4). */
const MAX_INT = 2_147_483_647

/** What one log call may ask for. */
export const MAX_LOG_BYTES = 10 * 1024 * 1024

/** Control characters and halves of surrogate pairs: no form can carry them to Azkaban and mean the same. */
const UNPRINTABLE = /[\p{Cc}\p{Cs}]/u

/** As the interface document prints them. */
const SESSION = '082acbdb-34d2-40a8-b1dd-748dcecf7193'
const APPLICATION = 'application_1592537240488_0075'

/** A name in Azkaban: a project, a flow, a job. */
const name = z
  .string({ error: 'must be a string' })
  .min(1, { error: 'must not be empty' })
  .max(1024, { error: 'may have at most 1024 characters' })
  .refine((text) => !UNPRINTABLE.test(text), { error: 'must not hold control characters' })

const secret = z
  .string({ error: 'must be a string' })
  .max(1024, { error: 'may have at most 1024 characters' })
  .refine((text) => !UNPRINTABLE.test(text), { error: 'must not hold control characters' })

const SESSION_ID = 'must be the session.id of a login, a string or a whole number'
const sessionId = z
  .union([z.string(), z.int().nonnegative().transform(String)], { error: SESSION_ID })
  .refine((text) => text.length > 0 && text.length <= 1024 && !UNPRINTABLE.test(text), {
    error: SESSION_ID
  })
  .describe('`session.id` of the login')

/** Plain decimal digits as a string, or a JSON number without a fraction. `1e3` and ` 7` are mistakes, not numbers. */
function wholeNumber(least: number, most: number) {
  const error = `must be a whole number from ${least} to ${most}, in digits`
  return z
    .union(
      [
        z.number(),
        z
          .string()
          .regex(/^\d{1,10}$/)
          .transform(Number)
      ],
      { error }
    )
    .refine((value) => Number.isInteger(value) && value >= least && value <= most, { error })
}

const execId = wholeNumber(1, MAX_INT).describe('`execid` of a start')
const project = name.describe('A project of Azkaban')
const flow = name.describe('A flow of the project')
const jobId = name.describe('A job of the flow; inside an embedded flow `sub:inner`')

const offset = wholeNumber(0, MAX_INT).describe('First byte of the log; 0 by default')
const length = wholeNumber(0, MAX_LOG_BYTES).describe('Bytes of the log; 1000 by default')

/** A flow without YARN has none: missing, null and empty are the same. */
const stoppedApplication = z
  .union([z.literal('').transform(() => undefined), applicationId], {
    error: 'must look like application_<digits>_<digits>, or be missing'
  })
  .nullish()
  .transform((id) => id ?? undefined)
  .describe('The application that the execution started; may be missing')

/** Bodies of `POST /azkaban/…`. The document's class has more members than a call needs: unknown keys are kept for the log only. */
export const azkabanLoginBody = z
  .looseObject({ username: secret, password: secret })
  .meta({ examples: [{ username: 'admin', password: 'admin' }] })
export type AzkabanLoginBody = z.output<typeof azkabanLoginBody>

export const flowBody = z
  .looseObject({ sessionId, project, flow })
  .meta({ examples: [{ sessionId: SESSION, project: 'test', flow: 'test' }] })
export type FlowBody = z.output<typeof flowBody>

export const executionBody = z
  .looseObject({ sessionId, execId })
  .meta({ examples: [{ sessionId: SESSION, execId: '9' }] })
export type ExecutionBody = z.output<typeof executionBody>

export const jobBody = z
  .looseObject({ sessionId, execId, jobId })
  .meta({ examples: [{ sessionId: SESSION, execId: '9', jobId: 'test' }] })
export type JobBody = z.output<typeof jobBody>

/** The document spells it `offest`; where both stand, `offset` counts. */
export const jobLogBody = z
  .looseObject({
    sessionId,
    execId,
    jobId,
    offest: offset.optional(),
    offset: offset.optional(),
    length: length.default(1000)
  })
  .meta({
    examples: [{ sessionId: SESSION, execId: '9', jobId: 'test', offest: 0, length: '1000' }]
  })
  .transform(({ offest, offset, ...rest }) => ({ ...rest, offset: offset ?? offest ?? 0 }))
export type JobLogBody = z.output<typeof jobLogBody>

export const stopExecutionBody = z
  .looseObject({ sessionId, execId, applicationId: stoppedApplication })
  .meta({ examples: [{ sessionId: SESSION, execId: '9', applicationId: APPLICATION }] })
export type StopExecutionBody = z.output<typeof stopExecutionBody>

export const restartExecutionBody = z
  .looseObject({
    sessionId,
    execId,
    applicationId: stoppedApplication,
    project,
    flow
  })
  .meta({
    examples: [
      { sessionId: SESSION, execId: '9', applicationId: APPLICATION, project: 'test', flow: 'test' }
    ]
  })
export type RestartExecutionBody = z.output<typeof restartExecutionBody>

export const azkabanTextEnvelope = envelopeOf(z.string().describe('Azkaban’s own answer, as text'))
export const foundApplicationEnvelope = envelopeOf(
  z.string().nullable().describe('The application id; null while the log names none')
)
export const stoppedEnvelope = envelopeOf(z.literal(true))
