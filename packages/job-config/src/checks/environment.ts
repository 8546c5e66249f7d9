import { isAmong, sparkSettings } from '../catalogue.ts'
import type { ConfigValues, ObjectView, Option } from '../config-values.ts'
import { nearName } from '../near-name.ts'
import type { Dialect } from './dialect.ts'
import type { FoundThings } from './found.ts'

const MEMORY = /^\s*\d+(\.\d+)?\s*[kmgtp]?i?b?\s*$/i
const WHOLE = /^\s*\d+\s*$/
const MEMORY_SETTINGS = new Set([
  'spark.driver.memory',
  'spark.executor.memory',
  'spark.driver.memoryOverhead',
  'spark.executor.memoryOverhead',
  'spark.yarn.am.memory'
])
const WHOLE_SETTINGS = new Set([
  'spark.executor.instances',
  'spark.executor.cores',
  'spark.driver.cores',
  'spark.streaming.batchDuration',
  'spark.sql.shuffle.partitions',
  'spark.default.parallelism',
  'spark.yarn.maxAppAttempts',
  'parallelism',
  'execution.parallelism',
  'execution.max-parallelism',
  'checkpoint.interval',
  'execution.checkpoint.interval'
])
const JOB_MODES = ['BATCH', 'STREAMING']

type Context = Readonly<{ values: ConfigValues; dialect: Dialect; found: FoundThings }>

/** Settings of the engine that cannot be as they are. */
export function checkEnvironment(view: ObjectView, context: Context): void {
  for (const option of view.options.values()) checkSetting(option, context)
}

/** `job.mode` in capitals; undefined when it is not set or not known here. */
export function jobModeOf(view: ObjectView, values: ConfigValues): string | undefined {
  const mode = view.options.get('job.mode')
  return mode && values.textOf(mode.value)?.trim().toUpperCase()
}

function checkSetting(option: Option, { values, dialect, found }: Context): void {
  const { name, at, value } = option
  const { engine, environment, generation } = dialect
  const text = values.textOf(value)
  if (engine === 'spark' && (name === 'spark.master' || name === 'master')) {
    if (text !== undefined && text !== 'yarn') {
      found.error(
        'MASTER_IN_CONFIG',
        at,
        `${environment} sets ${name}; only yarn makes an application`,
        'yarn'
      )
    }
    return
  }
  if (name === 'job.mode' && generation === 'seatunnel-2.3') {
    if (
      text !== undefined &&
      !JOB_MODES.includes(text.trim().toUpperCase()) &&
      !text.includes('${')
    ) {
      const near = nearName(text, JOB_MODES)
      found.error('JOB_MODE', at, `job.mode has to be BATCH or STREAMING`, near)
    }
    return
  }
  if (text !== undefined && !text.includes('${')) {
    if (WHOLE_SETTINGS.has(name) && !WHOLE.test(text)) {
      found.error('WRONG_TYPE', at, `${name} has to be a whole number`)
    } else if (MEMORY_SETTINGS.has(name) && !MEMORY.test(text)) {
      found.error('WRONG_TYPE', at, `${name} has to be a size like 512m or 2g`)
    }
  }
  checkName(option, { values, dialect, found })
}

function checkName({ name, at }: Option, { dialect, found }: Context): void {
  const { catalogue, engine, environment } = dialect
  const settings = [
    ...catalogue.environment.filter((one) => !one.endsWith('*')),
    ...(engine === 'spark' ? sparkSettings() : [])
  ]
  if (settings.includes(name)) return
  const near = nearName(name, settings)
  // Short names are somebody's own more often than a slip.
  if (near && name.length >= 8 && !settings.some((one) => name.startsWith(`${one}.`))) {
    found.warning('UNKNOWN_SETTING', at, `${environment} has ${name}: is ${near} meant?`, near)
  } else if (!isAmong(name, catalogue.environment)) {
    found.info('UNKNOWN_SETTING', at, `${name} is no known setting of ${environment}`)
  }
}
