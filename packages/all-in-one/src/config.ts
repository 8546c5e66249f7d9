import { baseEnvironment } from '@scheduler-task/service-base/base-config'
import { z } from 'zod'

/**
 * What all-in-one itself reads. Everything else (timeouts, limits, launchers) is read by the services from the same
 * variables, as if each ran alone.
 */
export const environment = z.object({
  ...baseEnvironment(8080),
  DATA_DIR: z.string().default('./data').describe('Everything that is kept lies below it'),
  FILE_ROOT: z
    .string()
    .optional()
    .describe('Root of the config files; `DATA_DIR/files` when it is not set'),
  YARN_RM_URL: z
    .string()
    .optional()
    .describe('ResourceManager, several by comma; without it the sandbox may take its place'),
  ADMIN_PASSWORD: z
    .string()
    .optional()
    .describe(
      'Password of the user admin; without it one is generated, kept, and shown at every start'
    ),
  AZKABAN_URL: z.string().optional().describe('Azkaban; without it the sandbox may take its place'),
  SANDBOX: z
    .string()
    .optional()
    .transform((names) => (names === undefined ? undefined : names.split(',').map((n) => n.trim())))
    .pipe(
      z.array(z.enum(['yarn', 'azkaban'], { error: 'knows yarn and azkaban, by comma' })).optional()
    )
    .describe('Which stand-ins run beside real systems: `yarn`, `azkaban`, by comma')
})

export type Config = Readonly<z.output<typeof environment>>

/** What takes the place of a system. `none`: calls that need it are answered 503. */
export type Kind = 'real' | 'sandbox' | 'none'
export type Systems = Readonly<Record<'yarn' | 'azkaban', Kind>>

/** Stand-ins take the place of what is not configured: all when nothing is, else only those that SANDBOX names. */
export function systemsOf(config: Config): Systems {
  const nothingReal = !config.YARN_RM_URL && !config.AZKABAN_URL
  const named = config.SANDBOX ?? (nothingReal ? ['yarn', 'azkaban'] : [])
  const kind = (name: keyof Systems, url: string | undefined): Kind => {
    if (url) return 'real'
    return named.includes(name) ? 'sandbox' : 'none'
  }
  return {
    yarn: kind('yarn', config.YARN_RM_URL),
    azkaban: kind('azkaban', config.AZKABAN_URL)
  }
}
