import { z } from 'zod'
import { outcome, state } from './executor-v2.ts'

const cause = z.object({
  code: z
    .string()
    .describe(
      'Stable, upper snake case: `QUEUE_FULL`, `QUEUE_AM_LIMIT`, `CLASS_MISSING`, `HEAP_FULL`, `STOP_REQUESTED` and so on; later versions may know more'
    ),
  sentence: z.string().describe('One sentence, with the particulars; secrets masked'),
  advice: z.string().describe('What to do about it'),
  evidence: z
    .array(
      z.object({
        source: z
          .string()
          .describe(
            'Who says it: a source of the job’s log (`launcher/stderr`, `am/…`), `yarn`, or `executor` (the record of this service)'
          ),
        text: z.string().describe('Its own words, cut, secrets masked'),
        cursor: z
          .int()
          .nullable()
          .describe(
            '`from` with which the job’s log begins with this line; null when it is not from there'
          )
      })
    )
    .describe('What shows it, the deciding line first')
})

/** Answer of `GET …/diagnosis`. */
export const jobDiagnosis = z.object({
  causes: z
    .array(cause)
    .describe('The likeliest first; empty while nothing is wrong, or nothing is known'),
  summary: z.string().describe('The likeliest cause in one sentence, or that there is none'),
  state,
  outcome: outcome.nullable(),
  unread: z
    .string()
    .nullable()
    .describe(
      'Why the log of the job was not looked at, in one sentence that stands in `summary` as well: there may be causes that are not told then'
    )
})
export type JobDiagnosis = z.output<typeof jobDiagnosis>
