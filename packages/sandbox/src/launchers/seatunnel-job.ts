import type { ConfigObject, ConfigValue } from './hocon.ts'
import { ParameterFailure } from './jcommander.ts'
import { type Job, readSeatunnelJob } from './job.ts'
import { parseSeatunnelWords, type SeatunnelEngine } from './seatunnel-parameters.ts'
import { ConfigFailure, type Definitions } from './waterdrop-config.ts'
import type { ConfigLocation } from './waterdrop-job.ts'

/** Start of a SeaTunnel 2.3 job up to where it makes its Spark or Flink environment. */
export type SeatunnelStart =
  /** It ends with 234: the usage is on stdout. */
  | { kind: 'usage'; stdout: string }
  /** It throws, exit 1. `javaText` is the exception. */
  | { kind: 'failed'; log: string[]; javaText: string }
  | { kind: 'job'; log: string[]; name: string; job: Job }

export const SEATUNNEL_CLASS = 'org.apache.seatunnel.core.starter.'

/**
 * @param options.words the job's own arguments
 * @param options.locate finds the config file, given its path in the arguments
 */
export function startSeatunnelJob(options: {
  engine: SeatunnelEngine
  words: string[]
  definitions: Definitions
  locate: (path: string) => ConfigLocation
}): SeatunnelStart {
  const { engine, words, definitions, locate } = options
  try {
    const { values, flags } = parseSeatunnelWords(engine, words)
    if (flags.has('help')) return { kind: 'usage', stdout: 'Usage: SeaTunnel [options]' }
    const location = locate(values.get('config') ?? 'null')
    const log = [
      `Loading config file from path: ${location.name}`,
      'Load config shade spi: [base64]'
    ]
    try {
      const job = readSeatunnelJob(location.path, definitions)
      log.push(`Parsed config file: \n${prettyJson(job.config ?? {})}\n`)
      const given = values.get('name') ?? 'SeaTunnel'
      const named = given === 'SeaTunnel' ? job.settings.get('job.name') : given
      return { kind: 'job', log, name: named ?? 'SeaTunnel', job }
    } catch (error) {
      if (!(error instanceof ConfigFailure)) throw error
      return { kind: 'failed', log, javaText: error.javaText }
    }
  } catch (error) {
    if (error instanceof ParameterFailure) return { kind: 'usage', stdout: error.message }
    if (!(error instanceof RangeError)) throw error
    const javaText = `java.lang.IllegalArgumentException: ${error.message}`
    return { kind: 'failed', log: [], javaText }
  }
}

/** As Typesafe's renderer prints a config: blanks before colons, four a level, empty ones on one line. */
function prettyJson(value: ConfigObject): string {
  return rendered(value as ConfigValue, '')
}

function rendered(value: ConfigValue, indent: string): string {
  if (Array.isArray(value)) {
    if (value.length === 0) return '[]'
    const inner = value.map((one) => `${indent}    ${rendered(one, `${indent}    `)}`)
    return `[\n${inner.join(',\n')}\n${indent}]`
  }
  if (typeof value !== 'object' || value === null || 'expression' in value) {
    return JSON.stringify(value)
  }
  const entries = Object.entries(value as ConfigObject)
  if (entries.length === 0) return '{}'
  const inner = entries.map(
    ([key, one]) => `${indent}    ${JSON.stringify(key)} : ${rendered(one, `${indent}    `)}`
  )
  return `{\n${inner.join(',\n')}\n${indent}}`
}
