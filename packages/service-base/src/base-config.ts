import { z } from 'zod'
import { flag, milliseconds, wholeNumber } from './load-config.ts'

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1)$/i

/** True for addresses that only this machine can reach. */
export function isLoopback(host: string): boolean {
  return LOOPBACK.test(host)
}

/** The variables that every service has. `port` is the one it listens on by default. */
export function baseEnvironment(port: number) {
  return {
    HOST: z.string().default('127.0.0.1').describe('Address to listen on'),
    PORT: wholeNumber(port, { most: 65_535 }).describe('Port to listen on; 0 takes a free one'),
    LISTEN_SOCKET: z
      .string()
      .optional()
      .describe('A Unix socket to listen on in place of HOST and PORT'),
    LOG_LEVEL: z
      .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
      .default('info')
      .describe('Least level that is logged'),
    DOCS: z.enum(['on', 'off']).default('on').describe('`off` hides /docs and /openapi.json'),
    SHUTDOWN_TIMEOUT_MS: milliseconds(10_000).describe(
      'How long requests under way may take after SIGTERM'
    ),
    REQUEST_TIMEOUT_MS: milliseconds(300_000).describe(
      'How long a client may take to send a whole request (uploads: bounded by UPLOAD_TIMEOUT_MS)'
    ),
    TRUST_PROXY: flag(false).describe('Believe X-Forwarded-* of the peer (for the log only)')
  }
}

export type BaseConfig = Readonly<z.output<z.ZodObject<ReturnType<typeof baseEnvironment>>>>
