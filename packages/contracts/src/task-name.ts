import { z } from 'zod'

export const MAX_TASK_NAME_CHARACTERS = 100

/** Letters and digits of any script; some letters are invisible (Hangul fillers), those are not letters to a reader. */
const PERMITTED = /^[\p{L}\p{Nd}][\p{L}\p{Nd}._-]*$/u
const INVISIBLE = /\p{Default_Ignorable_Code_Point}/u

/**
 * A taskName (public-api §4): composed (NFC), since two spellings of one name would be two jobs; letters and digits of
 * any script, `.`, `_`, `-`; first a letter or digit; at most 100 characters.
 */
export const taskName = z
  .string({ error: 'must be a text; it is required and unique' })
  .max(MAX_TASK_NAME_CHARACTERS * 8, { error: tooLong() })
  .transform((name) => name.normalize('NFC'))
  .pipe(
    z
      .string()
      .min(1, { error: 'must not be empty' })
      .refine((name) => [...name].length <= MAX_TASK_NAME_CHARACTERS, { error: tooLong() })
      .refine((name) => PERMITTED.test(name) && !INVISIBLE.test(name), {
        error:
          'may hold letters and digits of any script, ".", "_" and "-", and begins with a letter or digit'
      })
  )

function tooLong(): string {
  return `may have at most ${MAX_TASK_NAME_CHARACTERS} characters`
}
