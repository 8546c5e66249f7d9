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
/** Settings that are looked for among the known ones, so that the time stays bounded. */
const MAX_LOOK_UPS = 1000
const JOB_MODES = ['BATCH', 'STREAMING']

type Context = Readonly<{ values: ConfigValues; dialect: Dialect; found: FoundThings }>

/** Settings of the engine that cannot be as they are. */
export function checkEnvironment(view: ObjectView, context: Context): void {
  const known = knownSettings(context.dialect)
  let unknown = 0
  for (const option of view.options.values()) {
    if (isFixed(option, context.dialect)) checkFixed(option, context)
    else {
      checkValue(option, context)
      if (!known.has(option.name) && ++unknown <= MAX_LOOK_UPS) checkName(option, known, context)
    }
  }
}

function knownSettings({ catalogue, engine }: Dialect): ReadonlySet<string> {
  return new Set([
    ...catalogue.environment.filter((one) => !one.endsWith('*')),
    ...(engine === 'spark' ? sparkSettings() : [])
  ])
}

/** `job.mode` in capitals; undefined when it is not set or not known here. */
export function jobModeOf(view: ObjectView, values: ConfigValues): string | undefined {
  const mode = view.options.get('job.mode')
  return mode && values.textOf(mode.value)?.trim().toUpperCase()
}

/** Whose value is one of few. */
function isFixed({ name }: Option, { engine, generation }: Dialect): boolean {
  if (name === 'job.mode') return generation === 'seatunnel-2.3'
  return engine === 'spark' && (name === 'spark.master' || name === 'master')
}

function checkFixed({ name, at, value }: Option, { values, dialect, found }: Context): void {
  const text = values.textOf(value)
  if (text === undefined) return
  if (name !== 'job.mode') {
    if (text === 'yarn') return
    const message = `${dialect.environment} sets ${name}; only yarn makes an application`
    found.error('MASTER_IN_CONFIG', at, message, 'yarn')
  } else if (!JOB_MODES.includes(text.trim().toUpperCase()) && !text.includes('${')) {
    const near = nearName(text, JOB_MODES)
    found.error('JOB_MODE', at, `job.mode has to be BATCH or STREAMING`, near)
  }
}

function checkValue({ name, at, value }: Option, { values, found }: Context): void {
  const text = values.textOf(value)
  if (text === undefined || text.includes('${')) return
  if (WHOLE_SETTINGS.has(name) && !WHOLE.test(text)) {
    found.error('WRONG_TYPE', at, `${name} has to be a whole number`)
  } else if (MEMORY_SETTINGS.has(name) && !MEMORY.test(text)) {
    found.error('WRONG_TYPE', at, `${name} has to be a size like 512m or 2g`)
  }
}

function checkName(
  { name, at }: Option,
  known: ReadonlySet<string>,
  { dialect, found }: Context
): void {
  const { catalogue, environment } = dialect
  const near = nearName(name, known)
  // Short names are somebody's own more often than a slip.
  if (near && name.length >= 8 && !isInside(name, known)) {
    found.warning('UNKNOWN_SETTING', at, `${environment} has ${name}: is ${near} meant?`, near)
  } else if (!isAmong(name, catalogue.environment)) {
    found.info('UNKNOWN_SETTING', at, `${name} is no known setting of ${environment}`)
  }
}

/** Of a setting that has settings of its own. */
function isInside(name: string, known: ReadonlySet<string>): boolean {
  for (const one of known) if (name.startsWith(`${one}.`)) return true
  return false
}
