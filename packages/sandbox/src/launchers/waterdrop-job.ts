import { type Job, readWaterdropJob } from './job.ts'
import { ConfigFailure, type Definitions } from './waterdrop-config.ts'

/**
 * Start of a Waterdrop 2.0.x job, up to where it makes its Spark or Flink environment
 * (contract "Waterdrop launchers" §1.2): which lines it prints and whether it goes on.
 */
export type WaterdropStart =
  /** The options were refused: text on stderr, and the program ends with 0. */
  | { kind: 'usage'; stderr: string }
  /** The config cannot be read or parsed: said on stdout; 2.0.x swallows it and ends with 0, 1.x (from 1.4.1) with 1. */
  | { kind: 'config-error'; stdout: string }
  /** `--check` of 1.x. */
  | { kind: 'checked'; stdout: string }
  | { kind: 'job'; stdout: string; job: Job }

/** What the job calls its config file, and where that file is for the stand-in. */
export type ConfigLocation = { name: string; path: string }

export type WaterdropGeneration = '1' | '2.0'

const OPTIONS: Record<string, string> = {
  '-c': 'config',
  '--config': 'config',
  '-e': 'deploy-mode',
  '--deploy-mode': 'deploy-mode',
  '-m': 'master',
  '--master': 'master',
  '-i': 'variable',
  '--variable': 'variable'
}

/**
 * @param words the job's own arguments
 * @param required options that the job insists on
 * @param locate finds the config file, given its path in the arguments
 */
export function startWaterdropJob(options: {
  generation?: WaterdropGeneration
  words: string[]
  required: string[]
  definitions: Definitions
  locate: (path: string) => ConfigLocation
}): WaterdropStart {
  const { generation = '2.0', words, required, definitions, locate } = options
  const known = generation === '1' ? { ...OPTIONS, '-q': 'queue', '--queue': 'queue' } : OPTIONS
  const parsed = parseJobOptions(words, required, known)
  if (typeof parsed === 'string') return { kind: 'usage', stderr: parsed }
  const { name, path } = locate(parsed.get('config') ?? '')
  let stdout = `[INFO] Loading config file: ${name}`
  try {
    const job = readWaterdropJob(path, definitions)
    stdout += `\n[INFO] parsed config file: ${JSON.stringify(job.config)}`
    if (generation === '1' && parsed.has('check')) {
      return { kind: 'checked', stdout: `${stdout}\nconfig OK !` }
    }
    const broken = parsed.has('check') ? 'java.lang.NullPointerException' : job.swallowed
    return { kind: 'job', stdout, job: { ...job, swallowed: broken } }
  } catch (error) {
    if (!(error instanceof ConfigFailure)) throw error
    return {
      kind: 'config-error',
      stdout: `${stdout}\n${swallowedError('Config Error:', error.javaText)}`
    }
  }
}

/** What the job prints on stdout about an error that it then swallows. */
export function swallowedError(headline: 'Config Error:' | 'Fatal Error,', reason: string): string {
  const rule = '='.repeat(79)
  return `\n\n${rule}\n\n\n${headline}\n\nReason: ${reason}\n\n${rule}\n\n`
}

/** What a plugin prints that refuses its settings; the program then exits with 255. */
export function refusedPlugin(job: Job): string {
  const source = job.config?.source
  const first = Array.isArray(source) ? source[0] : undefined
  return `Plugin[${JSON.stringify(first ?? {})}] contains invalid config, error: ${job.checkFailure}\n`
}

function parseJobOptions(
  words: string[],
  required: string[],
  known: Record<string, string>
): Map<string, string> | string {
  const found = new Map<string, string>()
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? ''
    if (word === '-t' || word === '--check') {
      found.set('check', '')
      continue
    }
    const option = known[word]
    if (option === undefined) {
      const what = word.startsWith('-') ? 'Unknown option' : 'Unknown argument'
      return usage(`Error: ${what} ${word.startsWith('-') ? word : `'${word}'`}`)
    }
    const value = words[++at]
    if (value === undefined) return usage(`Error: Missing value after ${word}`)
    found.set(option, value)
  }
  const missing = required.find((option) => !found.has(option))
  return missing === undefined ? found : usage(`Error: Missing option --${missing}`)
}

function usage(error: string): string {
  return `${error}
Usage: Waterdrop [options]

  -c, --config <file>         config file
  -e, --deploy-mode <value>   spark deploy mode
  -m, --master <value>        spark master
  -i, --variable <value>      variable substitution, such as -i city=beijing, or -i date=20190318
  -t, --check                 check config`
}
