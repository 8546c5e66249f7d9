import { authEnvironment, checkAuthConfig } from '@scheduler-task/auth/auth-config'
import { baseEnvironment } from '@scheduler-task/service-base/base-config'
import {
  ALSO_WHEN_WRONG,
  milliseconds,
  wholeNumber
} from '@scheduler-task/service-base/load-config'
import { z } from 'zod'

/** `http://host:port`, or `unix:/path/to.sock` for a service in the same process or on the same host. */
const upstreamUrl = z
  .string()
  .refine(isUpstreamUrl, { error: 'must be http://host:port or unix:/path/to.sock' })
  .optional()

function isUpstreamUrl(text: string): boolean {
  if (text.startsWith('unix:')) return /^unix:\/[^\0]+$/.test(text)
  const url = URL.canParse(text) ? new URL(text) : undefined
  return url?.protocol === 'http:' && url.pathname === '/' && !url.search && !url.username
}

const MOST_WORKERS = 64

/** The gateway's environment. Login, sessions and users are configured here too: it is where tokens are issued. */
export const environment = z
  .object({
    ...baseEnvironment(8080),
    ...authEnvironment,
    WORKERS: wholeNumber(1, { least: 1, most: MOST_WORKERS }).describe(
      'Processes that share the port; more than one needs REDIS_URL or AUTH_MODE=jwt, and JWT_SECRET. MAX_* and UPSTREAM_* count in each. `npm start` has always one'
    ),
    WORKER_TIMEOUT_MS: milliseconds(10_000, 1000).describe(
      'A worker that has given no sign of life for so long is killed and replaced'
    ),
    AZKABAN_PROXY_URL: upstreamUrl.describe('Where calls below /azkaban go'),
    EXECUTOR_URL: upstreamUrl.describe('Where calls below /executor go'),
    FILE_SERVICE_URL: upstreamUrl.describe('Where calls below /file go'),
    UPSTREAM_TIMEOUT_MS: milliseconds(240_000).describe(
      'How long a service may take to begin its answer; more than a stop and a start of the executor together'
    ),
    UPSTREAM_CONNECT_TIMEOUT_MS: milliseconds(3000).describe(
      'How long connecting to a service may take'
    ),
    UPSTREAM_CONNECTIONS: wholeNumber(256, { least: 1, most: 65_535 }).describe(
      'Connections to one service at most, hence calls that it works on at once'
    ),
    UPSTREAM_QUEUE: wholeNumber(1024).describe(
      'Calls that may wait for one service; more are answered 503'
    ),
    UPSTREAM_STREAMS: wholeNumber(2048, { least: 1, most: 65_535 }).describe(
      'Streams of events at once, each on a connection of its own beyond those; more are answered 503'
    ),
    HEAD_TIMEOUT_MS: milliseconds(15_000, 100).describe(
      'How long a client may take to send the head of a request'
    ),
    CLIENT_IDLE_TIMEOUT_MS: milliseconds(60_000).describe(
      'How long a client may pause while it sends a body; the whole upload may take any time'
    ),
    STREAM_IDLE_TIMEOUT_MS: milliseconds(300_000).describe(
      'How long an answer that has begun may stand still, whichever side is slow'
    ),
    MAX_REQUESTS: wholeNumber(8192, { least: 1 }).describe(
      'Requests under way at once, all services together, in each worker; more are answered 503'
    ),
    MAX_CONNECTIONS: wholeNumber(20_000, { least: 1 }).describe('Connections of clients at most'),
    DATA_DIR: z
      .string()
      .default('./data')
      .describe('Users, and without REDIS_URL the sessions and the generated JWT_SECRET'),
    ADMIN_PASSWORD: z
      .string()
      .max(1024, { error: 'may have at most 1024 characters' })
      .optional()
      .describe('Password of the user admin; without it one is generated and kept in DATA_DIR'),
    SESSION_TTL_S: wholeNumber(3600, { least: 1, most: 31_536_000 }).describe(
      'Seconds until a session ends by itself, from login or renewal'
    ),
    SESSION_MAX_S: wholeNumber(604_800, { least: 1, most: 31_536_000 }).describe(
      'Seconds after its login in which a session can be renewed; it ends then, whatever SESSION_TTL_S says'
    )
  })
  .superRefine((config, context) => {
    const embedded = !config.REDIS_URL
    checkAuthConfig({ sessionsElsewhere: embedded, secretElsewhere: embedded })(config, context)
    if (config.WORKERS > 1 && keepsStateAlone(config)) {
      context.addIssue({
        code: 'custom',
        path: ['WORKERS'],
        message: `${config.WORKERS} processes cannot share what is kept in DATA_DIR: set REDIS_URL (or AUTH_MODE=jwt) and JWT_SECRET, or WORKERS=1`
      })
    }
  }, ALSO_WHEN_WRONG)

export type Config = Readonly<z.output<typeof environment>>

/** Whether sessions or the signing key lie below DATA_DIR, which one process alone can have at a time. */
export function keepsStateAlone({
  AUTH_MODE,
  REDIS_URL,
  JWT_SECRET
}: Pick<Config, 'AUTH_MODE' | 'REDIS_URL' | 'JWT_SECRET'>): boolean {
  if (AUTH_MODE === 'off') return false
  return !JWT_SECRET || (AUTH_MODE === 'session' && !REDIS_URL)
}
