import { loadConfig } from '@scheduler-task/service-base/load-config'
import { z } from 'zod'
import { type AuthConfig, authEnvironment } from '../../src/auth-config.ts'

export const SECRET = 'a signing key of a test, long enough'

/** The configuration of the token check with these variables, defaults for the rest. */
export function authConfig(variables: Record<string, string> = {}): AuthConfig {
  return loadConfig(z.object(authEnvironment), { JWT_SECRET: SECRET, ...variables })
}
