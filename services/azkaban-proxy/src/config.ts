import {
  type AuthCheckOptions,
  authEnvironment,
  checkAuthConfig
} from '@scheduler-task/auth/auth-config'
import { baseEnvironment } from '@scheduler-task/service-base/base-config'
import {
  ALSO_WHEN_WRONG,
  flag,
  milliseconds,
  wholeNumber
} from '@scheduler-task/service-base/load-config'
import { rmUrlsVariable } from '@scheduler-task/yarn-client/rm-urls-variable'
import { z } from 'zod'
import { azkabanBaseUrl } from './adapters/azkaban-base-url.ts'

const azkabanUrl = z
  .string({ error: 'missing: Azkaban’s web address, as in https://azkaban.example:8443' })
  .transform((text, context) => {
    try {
      return azkabanBaseUrl(text)
    } catch (error) {
      context.addIssue({ code: 'custom', message: (error as Error).message })
      return z.NEVER
    }
  })

/** The variables one by one, for the documentation. */
export const environment = z.object({
  ...baseEnvironment(8081),
  ...authEnvironment,
  AZKABAN_URL: azkabanUrl.describe('Azkaban’s web address; a path before `/executor` may follow'),
  AZKABAN_CA_FILE: z
    .string()
    .optional()
    .describe(
      'Certificates (PEM) that Azkaban’s own must be signed by, in place of the usual ones'
    ),
  AZKABAN_TLS_INSECURE: flag(false).describe('Take any certificate of Azkaban’s; warned at start'),
  AZKABAN_TIMEOUT_MS: milliseconds(30_000, 50).describe(
    'How long Azkaban may take for one answer (starts: twice, cancels: AZKABAN_CANCEL_TIMEOUT_MS)'
  ),
  AZKABAN_CANCEL_TIMEOUT_MS: milliseconds(300_000, 50).describe(
    'How long a cancel may hold its connection: Azkaban answers when every job has died, up to 30 s each'
  ),
  AZKABAN_WAIT_MS: milliseconds(15_000, 10).describe(
    'How long a call waits for one of the four connections to Azkaban (stops: STOP_TIMEOUT_MS)'
  ),
  AZKABAN_MAX_WAITING: wholeNumber(200, { least: 1, most: 100_000 }).describe(
    'Calls that may wait for a connection to Azkaban; more fail at once'
  ),
  APPLICATION_ID_TIMEOUT_MS: milliseconds(60_000, 50).describe(
    'How long a job’s log may be searched for its application id'
  ),
  REDACT_UPSTREAM_ERRORS: flag(false).describe(
    'Cut host names and stack traces from the errors of Azkaban that are passed on'
  ),
  YARN_RM_URL: rmUrlsVariable
    .optional()
    .describe(
      'The ResourceManager’s web address, several by comma; needed to stop or restart with an applicationId'
    ),
  YARN_USER: z
    .string()
    .regex(/^[A-Za-z0-9_][A-Za-z0-9._@-]{0,99}$/, { error: 'is not a user name' })
    .optional()
    .describe('In whose name applications are killed; the user that runs the service'),
  STOP_TIMEOUT_MS: milliseconds(120_000, 100).describe(
    'How long a caller waits for the proof of a stop, waiting for a connection included'
  )
})

/**
 * The proxy's environment. With `sessionsElsewhere` REDIS_URL may be missing: the sessions come as a replacement.
 */
export function environmentWith(options: AuthCheckOptions = {}) {
  return environment.superRefine(checkAuthConfig(options), ALSO_WHEN_WRONG).superRefine(checkTls)
}

/** Contradictions are refused with both names: nobody should believe in a check that does not take place. */
function checkTls(config: Readonly<z.output<typeof environment>>, context: z.RefinementCtx): void {
  const { AZKABAN_CA_FILE, AZKABAN_TLS_INSECURE, AZKABAN_URL } = config
  const problem = (name: string, message: string) =>
    context.addIssue({ code: 'custom', path: [name], message })
  if (AZKABAN_CA_FILE && AZKABAN_TLS_INSECURE) {
    problem('AZKABAN_TLS_INSECURE', 'contradicts AZKABAN_CA_FILE: set one of the two')
  }
  if (AZKABAN_URL.origin.startsWith('https:')) return
  if (AZKABAN_CA_FILE) {
    problem('AZKABAN_CA_FILE', 'is for https, and AZKABAN_URL says http')
  }
  if (AZKABAN_TLS_INSECURE) {
    problem('AZKABAN_TLS_INSECURE', 'is for https, and AZKABAN_URL says http')
  }
}

export type Config = Readonly<z.output<typeof environment>>
