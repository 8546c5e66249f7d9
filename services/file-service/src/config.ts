import {
  type AuthCheckOptions,
  authEnvironment,
  checkAuthConfig
} from '@scheduler-task/auth/auth-config'
import { baseEnvironment } from '@scheduler-task/service-base/base-config'
import {
  ALSO_WHEN_WRONG,
  milliseconds,
  wholeNumber
} from '@scheduler-task/service-base/load-config'
import { z } from 'zod'

const GIB = 1024 ** 3

/** The variables one by one, for the documentation. */
export const environment = z.object({
  ...baseEnvironment(8083),
  ...authEnvironment,
  FILE_ROOT: z
    .string({
      error: 'missing: the directory that holds the files; the executor reads the same tree'
    })
    .refine((path) => /[^/.]/.test(path), { error: 'must not be the root of the whole disk' })
    .describe('Root of the files; made (0750) when only its last directory is missing'),
  MAX_UPLOAD_BYTES: wholeNumber(4 * GIB, { least: 1 }).describe('Size of one upload at most'),
  TRASH_DAYS: wholeNumber(7, { most: 36_500 }).describe(
    'Days for which deleted files are kept in .trash; 0 deletes at once'
  ),
  UPLOAD_TIMEOUT_MS: milliseconds(3_600_000).describe('How long one upload may take'),
  IDLE_TIMEOUT_MS: milliseconds(60_000).describe(
    'How long an upload or download may stand still before it is cut off'
  ),
  CLEANUP_INTERVAL_MS: milliseconds(600_000, 100).describe(
    'Pause between two searches for old trash and unfinished uploads'
  )
})

/**
 * The file service's environment. With `sessionsElsewhere` REDIS_URL may be missing: the sessions come as a
 * replacement.
 */
export function environmentWith(options: AuthCheckOptions = {}) {
  return environment.superRefine(checkAuthConfig(options), ALSO_WHEN_WRONG)
}

export type Config = Readonly<z.output<typeof environment>>
