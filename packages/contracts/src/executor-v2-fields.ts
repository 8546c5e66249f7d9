import { z } from 'zod'

/** What several calls of the executor's second interface have. */
export const engine = z.enum(['spark', 'flink'], { error: 'must be spark or flink' })
export const deployMode = z.enum(['client', 'cluster'], { error: 'must be client or cluster' })

export const time = z.iso.datetime().describe('UTC')

/** Of a list that comes in parts. */
export const partLimit = z.coerce
  .number({ error: 'must be a whole number' })
  .int({ error: 'must be a whole number' })
  .min(1, { error: 'must be at least 1' })
  .max(500, { error: 'may be at most 500' })
  .default(50)
  .describe('How many at most')

export const nextCursor = z.string().nullable().describe('Null: this was the last part')
