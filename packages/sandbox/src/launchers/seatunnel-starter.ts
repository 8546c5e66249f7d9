import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { argv, env, exit } from 'node:process'
import { type ConfigObject, type ConfigValue, isObject } from './hocon.ts'
import { ParameterFailure, type ParsedCommand } from './jcommander.ts'
import { write } from './output.ts'
import { parseSeatunnelWords, type SeatunnelEngine } from './seatunnel-parameters.ts'
import { definedProperties } from './system-properties.ts'
import { ConfigFailure, readSeatunnelConfig, settingsOf } from './waterdrop-config.ts'

const USAGE = 234
/** Driver settings that the starter gives in client mode as options of their own. */
const CLIENT_OPTIONS: Record<string, string> = {
  'spark.driver.memory': '--driver-memory',
  'spark.driver.extraJavaOptions': '--driver-java-options',
  'spark.driver.extraLibraryPath': '--driver-library-path',
  'spark.driver.extraClassPath': '--driver-class-path'
}

class StarterFailure extends Error {
  override readonly name = 'StarterFailure'
}

function sparkCommand(home: string, jar: string, command: ParsedCommand): string[] {
  const { values, variables } = command
  const client = values.get('deploy-mode')?.toLowerCase() !== 'cluster'
  const master = values.get('master') ?? 'local[*]'
  const name = values.get('name') ?? 'SeaTunnel'
  const path = values.get('config')
  if (path === undefined) throw new StarterFailure('java.lang.NullPointerException')
  if (!existsSync(path)) {
    throw new StarterFailure(
      `java.io.FileNotFoundException: config file '${path}' does not exists!`
    )
  }
  const { properties } = definedProperties(variables.map((variable) => `-D${variable}`))
  const config = readSeatunnelConfig(path, { environment: env, properties })
  const settings = settingsOf(config, 'env')
  if (variables.length > 0) {
    for (const key of ['spark.driver.extraJavaOptions', 'spark.executor.extraJavaOptions']) {
      const given = variables.map((variable) => `-D${variable}`).join(' ')
      settings.set(key, `${settings.get(key) ?? ''} ${given}`.trim())
    }
  }
  const words = [`\${SPARK_HOME}/bin/spark-submit`]
  const option = (key: string, value: string) =>
    words.push(key, `"${value.replaceAll('"', '\\"')}"`)
  const paths = (key: string, given: string[]) => {
    if (given.length > 0) option(key, given.join(','))
  }
  option('--class', 'org.apache.seatunnel.core.starter.spark.SeaTunnelSpark')
  option('--name', name)
  option('--master', master)
  option('--deploy-mode', client ? 'client' : 'cluster')
  paths('--jars', jarsOf(home, config))
  if (!client) paths('--files', [packedPlugins(home), path])
  if (client) {
    for (const [key, flag] of Object.entries(CLIENT_OPTIONS)) {
      const value = settings.get(key)
      if (value?.trim()) option(flag, value)
    }
  }
  for (const [key, value] of settings) {
    if (!client || !CLIENT_OPTIONS[key]) option('--conf', `${key}=${value}`)
  }
  words.push(jar)
  option('--config', path)
  option('--master', master)
  option('--deploy-mode', client ? 'client' : 'cluster')
  option('--name', name)
  if (command.flags.has('check')) words.push('--check')
  return words
}

/** Nothing is quoted, and what the starter does not know stands before the jar. */
function flinkCommand(jar: string, { values, flags, variables, unknown }: ParsedCommand): string[] {
  const target = values.get('master')
  return [
    `\${FLINK_HOME}/bin/flink`,
    values.get('deploy-mode')?.toLowerCase() ?? 'run',
    ...(target === undefined ? [] : ['--target', target]),
    ...unknown,
    ...['-c', 'org.apache.seatunnel.core.starter.flink.SeaTunnelFlink', jar],
    ...['--config', values.get('config') ?? 'null'],
    ...(flags.has('check') ? ['--check'] : []),
    ...['--name', values.get('name') ?? 'SeaTunnel'],
    ...variables.map((variable) => `-D${variable.trim()}`)
  ]
}

/** Of plugins/, of lib/, then those that hold the job's sources and sinks, then the user's own. */
function jarsOf(home: string, config: ConfigObject): string[] {
  const mapping = readFileSync(join(home, 'connectors/plugin-mapping.properties'), 'utf8')
  const connectors = jarsIn(join(home, 'connectors'))
  const own = isObject(config.env) ? String(config.env.jars ?? '') : ''
  const found = ['source', 'sink'].flatMap((kind) =>
    pluginNames(config[kind]).flatMap((name) => {
      const line = new RegExp(`^seatunnel\\.${kind}\\.(\\S+)\\s*=\\s*(\\S+)`, 'gm')
      const match = [...mapping.matchAll(line)].find(
        ([, known]) => known?.toLowerCase() === name.toLowerCase()
      )
      return connectors.filter((jar) => match?.[2] && basename(jar).startsWith(match[2]))
    })
  )
  return [
    ...new Set([
      ...jarsIn(join(home, 'plugins')),
      ...jarsIn(join(home, 'lib')),
      ...found,
      ...own.split(';').filter((jar) => jar !== '')
    ])
  ]
}

function pluginNames(value: ConfigValue | undefined): string[] {
  return Array.isArray(value) ? value.filter(isObject).map((one) => String(one.plugin_name)) : []
}

function jarsIn(dir: string): string[] {
  if (!existsSync(dir)) return []
  return readdirSync(dir, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.jar'))
    .sort()
    .map((name) => join(dir, name))
}

/** Written at every launch, into the installation. */
function packedPlugins(home: string): string {
  const path = join(home, 'plugins.tar.gz')
  const { status } = spawnSync('tar', ['-czf', path, '-C', home, 'plugins'])
  if (status !== 0) throw new StarterFailure(`java.io.IOException: ${path}`)
  return path
}

/*
 * Program in the place of SparkStarter and FlinkStarter of SeaTunnel 2.3.x: `[-Dk=v …] -cp JAR [words]`. Prints the
 * command line that the start script evaluates, quoted as there: double quotes are escaped, `\`, `$` and backticks are
 * not. Exits with 234 after the usage.
 */
const own = argv.indexOf('-cp')
const jar = argv[own + 1] ?? ''
const { SEATUNNEL_HOME: home = dirname(dirname(jar)) } = env
const kind = /seatunnel-(spark|flink)-\d+-starter/.exec(basename(jar))
const engine = (kind?.[1] ?? 'spark') as SeatunnelEngine
const script = `start-${basename(jar, '-starter.jar')}-connector-v2.sh`
const usage = `Usage: ${script} [options]
  Options:
    --check           Whether check config (default: false)
    -c, --config      Config file
    -e, --deploy-mode Deploy mode
    -h, --help        Show the usage message
    ${engine === 'spark' ? '-m, --master     ' : '--master, --target'} Where it runs
    -n, --name        SeaTunnel job name (default: SeaTunnel)
    -i, --variable    Variable substitution, such as -i city=beijing, or -i date=20190318
`
try {
  const command = parseSeatunnelWords(engine, argv.slice(own + 2))
  if (command.flags.has('help')) {
    write(1, usage)
    exit(USAGE)
  }
  const words = engine === 'spark' ? sparkCommand(home, jar, command) : flinkCommand(jar, command)
  write(1, `${words.join(' ')}\n`)
} catch (error) {
  if (error instanceof ParameterFailure) {
    write(2, `${error.message}\n`)
    write(1, usage)
    exit(USAGE)
  }
  const known =
    error instanceof ConfigFailure
      ? error.javaText
      : error instanceof RangeError
        ? `java.lang.IllegalArgumentException: ${error.message}`
        : error instanceof StarterFailure
          ? error.message
          : undefined
  if (known === undefined) throw error
  const main = engine === 'spark' ? 'spark.SparkStarter' : 'flink.FlinkStarter'
  write(
    2,
    `Exception in thread "main" ${known}\n\tat org.apache.seatunnel.core.starter.${main}.main\n`
  )
  exit(1)
}
