import { z } from 'zod'

/** Bytes of a log in one answer. */
export const MAX_LOG_PART = 1024 * 1024
const MAX_TAIL_LINES = 10_000
const MAX_SOURCES = 20

const offset = z.coerce
  .number<string>()
  .int({ error: 'must be a cursor of the log' })
  .min(0, { error: 'must be a cursor of the log' })

/** Query of `GET /executor/v2/jobs/{id}/log`. */
export const jobLogQuery = z
  .strictObject({
    from: offset
      .optional()
      .describe('A cursor that was answered, or an offset; the beginning when it is missing'),
    size: z.coerce
      .number<string>()
      .int({ error: 'must be a number of bytes' })
      .min(1, { error: 'must be at least 1' })
      .max(MAX_LOG_PART, { error: `may be at most ${MAX_LOG_PART}` })
      .default(256 * 1024)
      .describe('How much of the log is looked at, in bytes; at least one line is answered'),
    tail: z.coerce
      .number<string>()
      .int({ error: 'must be a number of lines' })
      .min(0, { error: 'must be at least 0' })
      .max(MAX_TAIL_LINES, { error: `may be at most ${MAX_TAIL_LINES}` })
      .optional()
      .describe('The last so many lines, in place of `from`'),
    source: z
      .union([z.string(), z.array(z.string())])
      .transform((given) => [given].flat().flatMap((one) => one.split(',')))
      .pipe(
        z
          .array(z.string().regex(/^[!-~]{1,400}$/, { error: 'must be a source of log lines' }))
          .max(MAX_SOURCES, { error: `may be at most ${MAX_SOURCES}` })
      )
      .optional()
      .describe(
        'Only lines of these: `launcher/stdout`, or `launcher` for all below it; several by comma'
      ),
    follow: z
      .enum(['', 'true', 'false'], { error: 'must be true or false' })
      .transform((given) => given !== 'false')
      .optional()
      .describe('Server-sent events, which go on until the log is complete')
  })
  .refine(({ from, tail }) => from === undefined || tail === undefined, {
    path: ['tail'],
    error: 'cannot be sent with from'
  })

/** Headers of it. */
export const jobLogHeaders = z.object({
  'last-event-id': z
    .string()
    .regex(/^\d{1,16}$/, { error: 'must be the id of an event' })
    .transform(Number)
    .optional()
    .describe('With `follow`: the id of the last event that was seen')
})

const logLine = z.object({
  cursor: z.int().describe('`from` of what comes behind this line'),
  at: z.iso.datetime().describe('When it was seen'),
  source: z
    .string()
    .describe(
      '`launcher/stdout`, `launcher/stderr`, `am/<container>/<file>`, `container/<container>/<file>`, `executor` for this service’s own word'
    ),
  text: z.string()
})

/** Answer of `GET /executor/v2/jobs/{id}/log`. */
export const jobLog = z.object({
  items: z.array(logLine),
  from: z.int(),
  next: z.int().describe('Where the next part begins'),
  size: z.int().describe('Behind the last line that there is'),
  complete: z.boolean().describe('Nothing comes behind `size` any more')
})
export type JobLog = z.output<typeof jobLog>
