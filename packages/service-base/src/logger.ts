import { type DestinationStream, type Logger, type LoggerOptions, pino } from 'pino'
import { logOutput } from './log-output.ts'

/** Fields that never reach a log line, on their own or inside what is logged. */
const SECRET_FIELDS = [
  'token',
  'password',
  'secret',
  'authorization',
  'cookie',
  'JWT_SECRET',
  'JWT_SECRET_PREVIOUS'
]
/** Headers that never do; libraries log whole sets of them at `trace`. */
const SECRET_HEADERS = ['.token', '.authorization', '.cookie', '["set-cookie"]']

const SECRETS = [
  ...SECRET_FIELDS.flatMap((name) => [name, `*.${name}`]),
  ...SECRET_HEADERS.map((header) => `*.headers${header}`)
]

/** A pino logger, one JSON object a line on standard output, without secrets. */
export function createLogger(
  options: { name: string; level: string },
  destination: DestinationStream = logOutput()
): Logger {
  const settings: LoggerOptions = {
    name: options.name,
    level: options.level,
    redact: { paths: SECRETS, censor: '[hidden]' }
  }
  return pino(settings, destination)
}

const SECRET_PARAMETER = /([?&](?:[^=&]*(?:token|password|secret|jwt)[^=&]*)=)[^&#]*/gi

/** A URL as it may be logged: values of parameters that look like secrets are hidden, and it is cut at 1000 characters. */
export function loggableUrl(url: string): string {
  if (!url.includes('=') && url.length <= 1000) return url
  const hidden = url.replace(SECRET_PARAMETER, '$1[hidden]')
  return hidden.length > 1000 ? `${hidden.slice(0, 1000)}…` : hidden
}
