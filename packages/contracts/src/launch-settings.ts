import { z } from 'zod'

const MOST_ENTRIES = 200
const UNPRINTABLE = /[\p{Cc}\p{Surrogate}\u2028\u2029]/u

const printable = (longest: number) =>
  z
    .string({ error: 'must be a text' })
    .max(longest, { error: `may have at most ${longest} characters` })
    .refine((text) => !UNPRINTABLE.test(text), {
      error: 'holds a character that cannot be printed'
    })

const named = (pattern: RegExp, error: string) =>
  z
    .record(z.string().regex(pattern, { error }), printable(8192))
    .refine((given) => Object.keys(given).length <= MOST_ENTRIES, {
      error: `may have at most ${MOST_ENTRIES} entries`
    })

/** Launcher profiles, by the names that `SPARK_LAUNCHER` and `FLINK_LAUNCHER` have for them. */
export const profileName = z.enum(
  ['waterdrop-2', 'waterdrop-1', 'seatunnel-2.3', 'seatunnel-2.3-direct', 'spark-submit', 'flink'],
  { error: 'is no launcher profile; GET /executor/v2/profiles lists them' }
)

const queue = z
  .string({ error: 'must be the name of a queue' })
  .regex(/^[\p{L}\p{Nd}_][\p{L}\p{Nd}_.-]{0,199}$/u, {
    error: 'must be letters, digits, _ . and -, beginning with a letter or digit'
  })
  .describe('YARN’s queue. Without it the launcher’s own')

const mainClass = z
  .string({ error: 'must be the name of a class' })
  .regex(/^[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*){0,50}$/, { error: 'must be the name of a class' })
  .max(500, { error: 'may have at most 500 characters' })
  .describe('Of a jar; without it the one that its manifest names')

/** What a launcher is given beside the config; a profile may refuse any of it. */
export const launchSettings = {
  queue,
  variables: named(
    /^[A-Za-z_][A-Za-z0-9_.]{0,199}$/,
    'must be letters, digits, _ and ., beginning with a letter'
  ).describe('Values for the placeholders of a config (`-i name=value`)'),
  conf: named(
    /^[A-Za-z][A-Za-z0-9_.-]{0,199}$/,
    'must be letters, digits, _ . and -, beginning with a letter'
  ).describe('Settings of the engine (`--conf name=value`, `-Dname=value`)'),
  args: z
    .array(printable(8192).min(1, { error: 'must not be empty' }), {
      error: 'must be a list of texts'
    })
    .max(MOST_ENTRIES, { error: `may be at most ${MOST_ENTRIES}` })
    .describe('Arguments of a plain program'),
  mainClass
}
