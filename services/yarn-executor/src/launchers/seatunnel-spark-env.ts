import type { Finding } from '@scheduler-task/job-config/finding'
import type { LaunchRequest } from '../domain/launching.ts'
import { type ConfigReading, configFindings } from './config-findings.ts'
import { environmentNames } from './environment-names.ts'
import type { Installation } from './launcher-profile.ts'
import { type EnvSetting, readSeatunnelConfig, type SeatunnelConfig } from './seatunnel-config.ts'

/**
 * What double quotes leave as it is when a shell evaluates a command line: neither `"` nor `\`, `$`, backticks or the end of
 * a line. Other signs have no meaning there.
 */
const EVALUATED = /^[\p{L}\p{M}\p{N}_.:/,;=@%+#~()<>|&'{}^!?*[\] -]*$/u
/** The script splits the line at blanks and globs the words before it puts them together again. */
const GLOB = /[*?[]/
const PRINTABLE = /^[^\p{Cc}\p{Surrogate}\u2028\u2029]*$/u
const MAX_SETTING = 8192
/** More are not told. */
const MAX_FINDINGS = 100

/** Options of the JVM on this host: properties, memory, and switches without a value. */
const JVM_OPTION = /^(?:-D[A-Za-z_][\w.-]*=[^\s]*|-X(?:ms|mx|ss)\d+[kmgKMG]?|-XX:[+-][A-Za-z]\w*)$/
/** They choose classes or native code of the JVM on this host. */
const OF_THE_DRIVER_HERE = new Set(['spark.driver.extraClassPath', 'spark.driver.extraLibraryPath'])

/** What cannot be read further. */
const UNREAD = new Set(['CONFIG_UNREADABLE', 'SYNTAX', 'INCLUDE'])

/**
 * What is wrong with a config for SeaTunnel 2.3 on this host. On Spark each entry of its env block becomes a part of a
 * command line; with `evaluated` a shell evaluates that. `files`: what a script reads into its environment before.
 */
export function seatunnelConfigCheck(
  { environment, extraPlugins = [] }: Installation,
  { evaluated, files = [] }: Readonly<{ evaluated: boolean; files?: readonly string[] }>
): (request: LaunchRequest) => readonly Finding[] {
  const reading: ConfigReading = {
    generation: 'seatunnel-2.3',
    extraPlugins
  }
  function check(request: LaunchRequest): readonly Finding[] {
    const found = configFindings(request, {
      ...reading,
      environment: environmentNames({ environment, files })
    })
    if (request.engine === 'flink' || found.some(({ code }) => UNREAD.has(code))) return found
    const config = readSeatunnelConfig(request)
    return [...found, ...config.findings, ...checkSparkEnv(config, request, { evaluated })]
  }

  // A request is checked when it is taken, and once more when its command is made.
  const checked = new WeakMap<LaunchRequest, readonly Finding[]>()
  return (request) => {
    const findings = checked.get(request) ?? check(request)
    checked.set(request, findings)
    return findings
  }
}

/**
 * What the env block may hold when a job goes to Spark: each entry becomes an option of spark-submit, and later a setting
 * of the driver. `evaluated`: by the script, whose shell evaluates the whole line.
 */
function checkSparkEnv(
  config: SeatunnelConfig,
  request: LaunchRequest,
  { evaluated }: Readonly<{ evaluated: boolean }>
): Finding[] {
  const findings: Finding[] = []
  for (const setting of config.env) {
    if (findings.length >= MAX_FINDINGS) break
    const problem = (evaluated && problemOfText(setting)) || problemOfSetting(setting, request)
    if (problem) findings.push(refusal(setting, problem))
  }
  const unsafe = evaluated && config.reachable.some((text) => !isSafe(text))
  if (unsafe) {
    const message =
      'a placeholder in env leads to a block with signs that the start script would evaluate or split: write the value into env itself'
    findings.push({ severity: 'error', code: 'EVALUATED', path: 'configFile', message })
  }
  return findings
}

/** The last of each name. */
export function settingsOf({ env }: SeatunnelConfig): ReadonlyMap<string, string> {
  return new Map(env.map(({ name, value }) => [name, value]))
}

function problemOfText({ name, value }: EnvSetting): string | undefined {
  if (isSafe(value)) return undefined
  return (
    `the value of ${name} in env holds a sign that the start script evaluates or splits ` +
    '(a backtick, $, a backslash, a quote, the end of a line, several blanks, or * ? [ beside a blank): ' +
    'the profile seatunnel-2.3-direct takes it'
  )
}

function isSafe(text: string): boolean {
  if (!EVALUATED.test(text) || text.length > MAX_SETTING) return false
  // A list has one [ and ], which match nothing without a word that is whole.
  const words = /^\[(.*)\]$/.exec(text)?.[1] ?? text
  return !text.includes('  ') && !(text.includes(' ') && GLOB.test(words))
}

function problemOfSetting(
  { name, value }: EnvSetting,
  { deployMode, queue }: LaunchRequest
): string | undefined {
  if (!PRINTABLE.test(value) || value.length > MAX_SETTING) {
    return `the value of ${name} in env is longer than ${MAX_SETTING} characters or holds one that cannot be printed`
  }
  switch (name) {
    case 'spark.yarn.tags':
      return 'env sets spark.yarn.tags, by which this service finds the application'
    case 'spark.master':
      return value === 'yarn' ? undefined : 'env sets spark.master; only yarn makes an application'
    case 'spark.submit.deployMode':
      return value === deployMode ? undefined : 'env sets another spark.submit.deployMode'
    case 'spark.yarn.queue':
      return queue === null || value === queue ? undefined : 'env sets another spark.yarn.queue'
    case 'spark.driver.extraJavaOptions':
    case 'spark.driver.defaultJavaOptions':
      return deployMode === 'cluster' || areHarmless(value)
        ? undefined
        : `${name} in env may hold -Dname=value, -Xms, -Xmx, -Xss and -XX:+Switch only: with deployMode client the driver’s JVM is on the service’s host`
    default:
      return deployMode === 'client' && OF_THE_DRIVER_HERE.has(name)
        ? `${name} in env would change the JVM on the service’s host: use deployMode cluster`
        : undefined
  }
}

function areHarmless(options: string): boolean {
  const words = options.split(' ').filter((word) => word !== '')
  return words.every((word) => JVM_OPTION.test(word))
}

function refusal({ line, column }: EnvSetting, message: string): Finding {
  return { severity: 'error', code: 'BAD_ENV', path: 'configFile', message, line, column }
}
