import { type Parameters, type ParsedCommand, parseCommand } from './jcommander.ts'

export type SeatunnelEngine = 'spark' | 'flink'

const COMMON = {
  values: {
    '-c': 'config',
    '--config': 'config',
    '-i': 'variable',
    '--variable': 'variable',
    '-n': 'name',
    '--name': 'name',
    '-e': 'deploy-mode',
    '--deploy-mode': 'deploy-mode',
    '--master': 'master'
  },
  flags: {
    '-h': 'help',
    '--help': 'help',
    '--check': 'check',
    '--encrypt': 'encrypt',
    '--decrypt': 'decrypt'
  }
} satisfies Parameters

const PARAMETERS: Record<SeatunnelEngine, Parameters> = {
  spark: { values: { ...COMMON.values, '-m': 'master' }, flags: COMMON.flags },
  // `-m` is unknown, and goes on to flink.
  flink: { values: { ...COMMON.values, '--target': 'master' }, flags: COMMON.flags }
}
const ALLOWED: Record<SeatunnelEngine, Record<string, string[]>> = {
  spark: { 'deploy-mode': ['client', 'cluster'] },
  flink: {
    'deploy-mode': ['run', 'run-application'],
    master:
      'local remote yarn-session yarn-per-job kubernetes-session yarn-application kubernetes-application'.split(
        ' '
      )
  }
}

/**
 * Command line of a starter of SeaTunnel 2.3.x, and of the job itself, which takes the same.
 * @throws ParameterFailure; RangeError for a word that is none of those an option takes
 */
export function parseSeatunnelWords(engine: SeatunnelEngine, words: string[]): ParsedCommand {
  const command = parseCommand(words, PARAMETERS[engine])
  for (const [option, allowed] of Object.entries(ALLOWED[engine])) {
    const value = command.values.get(option)
    if (value !== undefined && !allowed.includes(value.toLowerCase())) {
      throw new RangeError(
        `SeaTunnel job on ${engine} engine doesn't support ${option} ${value}, only ${allowed.join(', ')}`
      )
    }
  }
  return command
}
