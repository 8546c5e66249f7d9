import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { propertiesOf } from './system-properties.ts'

/** A spark-submit command line, understood as Spark 3.5's SparkSubmitArguments does. */
export type SparkArguments = {
  master: string
  deployMode: string
  /** `--name`, else spark.app.name, else the main class or the file's name. */
  name: string
  /** Settings as spark-submit sees them: `--conf` > spark-defaults.conf > `-D` of SPARK_SUBMIT_OPTS. */
  conf: Map<string, string>
  /** Keys that are no Spark settings (a quote in front is enough); each is warned of. */
  ignoredKeys: string[]
  mainClass: string | undefined
  jars: string[]
  files: string[]
  primaryResource: string
  applicationArguments: string[]
}

/** The command line cannot be used. `message` is what spark-submit prints, on stderr, exit 1. */
export class SparkUsageError extends Error {
  override readonly name = 'SparkUsageError'
}

/** Options with a value, and the setting they stand for. */
const OPTIONS: Record<string, string> = {
  '--archives': 'spark.archives',
  '--class': '',
  '--conf': '',
  '-c': '',
  '--deploy-mode': 'spark.submit.deployMode',
  '--driver-class-path': 'spark.driver.extraClassPath',
  '--driver-cores': 'spark.driver.cores',
  '--driver-java-options': 'spark.driver.extraJavaOptions',
  '--driver-library-path': 'spark.driver.extraLibraryPath',
  '--driver-memory': 'spark.driver.memory',
  '--exclude-packages': 'spark.jars.excludes',
  '--executor-cores': 'spark.executor.cores',
  '--executor-memory': 'spark.executor.memory',
  '--files': 'spark.files',
  '--jars': 'spark.jars',
  '--keytab': 'spark.kerberos.keytab',
  '--master': 'spark.master',
  '--name': 'spark.app.name',
  '--num-executors': 'spark.executor.instances',
  '--packages': 'spark.jars.packages',
  '--principal': 'spark.kerberos.principal',
  '--properties-file': '',
  '--proxy-user': '',
  '--py-files': 'spark.submit.pyFiles',
  '--queue': 'spark.yarn.queue',
  '--repositories': 'spark.jars.repositories',
  '--total-executor-cores': 'spark.cores.max'
}
const FLAGS = new Set(['--verbose', '-v', '--supervise'])

/**
 * Parses the words behind `spark-submit`.
 * @param env SPARK_HOME, SPARK_CONF_DIR and SPARK_SUBMIT_OPTS count
 * @throws SparkUsageError
 */
export function parseSparkArguments(
  words: string[],
  env: Record<string, string | undefined>
): SparkArguments {
  const given = new Map<string, string>()
  const pairs: [string, string][] = []
  const rest = [...words]
  let mainClass: string | undefined
  while (rest[0]?.startsWith('-')) {
    const [option, value] = nextOption(rest)
    if (option === '--class') mainClass = value
    else if (option === '--conf' || option === '-c') pairs.push(confPair(value))
    else if (OPTIONS[option]) given.set(OPTIONS[option], value)
  }
  const [primaryResource, ...applicationArguments] = rest
  if (primaryResource === undefined)
    throw new SparkUsageError('Error: Missing application resource.')

  const asked = new Map([...defaultsOf(env), ...pairs])
  const ignoredKeys = [...asked.keys()].filter((key) => !key.startsWith('spark.'))
  for (const key of ignoredKeys) asked.delete(key)
  const conf = new Map([...sparkProperties(env), ...asked, ...given])
  return {
    master: conf.get('spark.master') ?? 'local[*]',
    deployMode: conf.get('spark.submit.deployMode') ?? 'client',
    name: conf.get('spark.app.name') ?? mainClass ?? (primaryResource.split('/').at(-1) as string),
    conf,
    ignoredKeys,
    mainClass,
    jars: listOf(conf.get('spark.jars')),
    files: listOf(conf.get('spark.files')),
    primaryResource,
    applicationArguments
  }
}

/** Takes one option and its value off the front: `--opt value` or `--opt=value`. */
function nextOption(rest: string[]): [string, string] {
  const word = rest.shift() as string
  const equals = /^(--[^=]+)=(.+)$/s.exec(word)
  if (equals?.[1] !== undefined && equals[1] in OPTIONS) return [equals[1], equals[2] as string]
  if (FLAGS.has(word)) return [word, '']
  if (!(word in OPTIONS)) throw new SparkUsageError(`Error: Unrecognized option: ${word}\n`)
  const value = rest.shift()
  if (value === undefined) {
    throw new SparkUsageError(
      `Exception in thread "main" java.lang.IllegalArgumentException: Missing argument for option '${word}'.`
    )
  }
  return [word, value]
}

function confPair(text: string): [string, string] {
  const at = text.indexOf('=')
  if (at === -1) {
    throw new SparkUsageError(
      `Exception in thread "main" org.apache.spark.SparkException: Spark config without '=': ${text}`
    )
  }
  return [text.slice(0, at), text.slice(at + 1)]
}

function defaultsOf(env: Record<string, string | undefined>): [string, string][] {
  const dir = env.SPARK_CONF_DIR ?? join(env.SPARK_HOME ?? '', 'conf')
  const file = join(dir, 'spark-defaults.conf')
  if (!existsSync(file)) return []
  return readFileSync(file, 'utf8')
    .split('\n')
    .map((line) => /^\s*([^#\s=:]+)\s*[\s=:]\s*(.*?)\s*$/.exec(line))
    .flatMap((match) => (match ? [[match[1] ?? '', match[2] ?? '']] : []))
}

function sparkProperties(env: Record<string, string | undefined>): [string, string][] {
  return [...propertiesOf(env.SPARK_SUBMIT_OPTS)].filter(([key]) => key.startsWith('spark.'))
}

export function listOf(text: string | undefined): string[] {
  return (text ?? '').split(',').filter((item) => item !== '')
}
