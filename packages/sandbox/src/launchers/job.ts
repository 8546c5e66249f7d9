import { type ConfigObject, type ConfigValue, isObject } from './hocon.ts'
import {
  type Definitions,
  readSeatunnelConfig,
  readWaterdropConfig,
  settingsOf
} from './waterdrop-config.ts'

/**
 * What the stand-in engines do for a job. Taken from a Waterdrop config, where these settings of
 * the env block are the sandbox's own:
 * - `sandbox.run.ms`: duration of a batch job; a `…Stream` source runs for ever without it
 * - `sandbox.accept.ms`, `sandbox.register.ms`: time to ACCEPTED, from there to RUNNING
 * - `sandbox.fail`: reason of an error that the job swallows, as Waterdrop 2.0.x does
 * - `sandbox.throw`: message of an exception that nobody catches
 * - `sandbox.check.fail`: message of a plugin that refuses its settings (exit 255)
 * - `sandbox.am.fail`: diagnostics of an ApplicationMaster that dies before it registers
 */
export type Job = {
  /** The env block, sandbox settings included. */
  settings: ReadonlyMap<string, string>
  /** The config as read, null when the job is no Waterdrop job. */
  config: ConfigObject | null
  /** Milliseconds; null when it never ends by itself. */
  runMs: number | null
  /** Lines of a batch's result, printed by the driver. */
  result: string[]
  /** Rows as the tasks of a SeaTunnel job print them, in a container of theirs. */
  rows: string[]
  swallowed: string | undefined
  thrown: string | undefined
  checkFailure: string | undefined
  amFailure: string | undefined
}

const DEFAULT_RUN_MS = 1500

/**
 * Reads a Waterdrop config as the job does.
 * @throws ConfigFailure
 */
export function readWaterdropJob(path: string, definitions: Definitions): Job {
  const config = readWaterdropConfig(path, definitions)
  const settings = settingsOf(config, config.env === undefined && config.spark ? 'spark' : 'env')
  const sources = pluginsOf(config.source ?? config.input)
  const endless = /stream$/i.test(nameOf(sources[0]))
  return { ...jobOf(settings, endless), config, result: batchResult(sources) }
}

/**
 * Reads a SeaTunnel 2.3 config as the job does: `job.mode` says whether it ends.
 * @throws ConfigFailure
 */
export function readSeatunnelJob(path: string, definitions: Definitions): Job {
  const config = readSeatunnelConfig(path, definitions)
  const settings = settingsOf(config, 'env')
  const endless = settings.get('job.mode')?.toUpperCase() === 'STREAMING'
  const source = pluginsOf(config.source)[0]
  return { ...jobOf(settings, endless), config, rows: fakeRows(source) }
}

/**
 * A job that is no Waterdrop job: its program may say what it does in comment lines,
 * `# sandbox.run.ms = 300`.
 */
export function readPlainJob(program: string): Job {
  const settings = new Map<string, string>()
  for (const [, key = '', value = ''] of program.matchAll(/^#\s*(sandbox\.[\w.]+)\s*=\s*(.*)$/gm)) {
    settings.set(key, value)
  }
  return jobOf(settings, settings.has('sandbox.endless'))
}

function jobOf(settings: ReadonlyMap<string, string>, endless: boolean): Job {
  const runMs = settings.get('sandbox.run.ms')
  const printed = settings.get('sandbox.stdout')
  return {
    settings,
    config: null,
    runMs: runMs === undefined ? (endless ? null : DEFAULT_RUN_MS) : Number(runMs),
    result: printed === undefined ? [] : [printed],
    rows: [],
    swallowed: settings.get('sandbox.fail'),
    thrown: settings.get('sandbox.throw'),
    checkFailure: settings.get('sandbox.check.fail'),
    amFailure: settings.get('sandbox.am.fail')
  }
}

/** Milliseconds from the env block, for the stand-in ApplicationMaster. */
export function millisecondsOf(job: Job, key: string): number | undefined {
  const value = job.settings.get(key)
  return value === undefined ? undefined : Number(value)
}

function pluginsOf(value: ConfigValue | undefined): ConfigObject[] {
  return Array.isArray(value) ? value.filter(isObject) : []
}

function nameOf(plugin: ConfigObject | undefined): string {
  return String(plugin?.plugin_name ?? '')
}

/** The table that a fake source and a console sink print, and its count. */
function batchResult(sources: ConfigObject[]): string[] {
  const content = sources[0]?.content
  const rows = Array.isArray(content)
    ? content.map(String)
    : ['Hello garyelephant', 'Hello rickyhuo']
  const width = Math.max(...rows.map((row) => row.length), 'raw_message'.length)
  const rule = `+${'-'.repeat(width)}+`
  const cells = ['raw_message', ...rows].map((row) => `|${row.padEnd(width)}|`)
  return [rule, cells[0] ?? '', rule, ...cells.slice(1), rule, '', `rows ${rows.length}`]
}

/** What a Console sink logs of a FakeSource's rows. */
function fakeRows(source: ConfigObject | undefined): string[] {
  const schema = isObject(source?.schema) ? source.schema : {}
  const fields = isObject(schema.fields) ? Object.values(schema.fields) : ['string', 'int']
  const count = Number(source?.['row.num'] ?? 5)
  return Array.from({ length: Math.min(count, 1000) }, (_, row) => {
    const cells = fields.map((type) => (type === 'string' ? `name${row + 1}` : row + 1))
    return `subtaskIndex=0  rowIndex=${row + 1}:  SeaTunnelRow#tableId= SeaTunnelRow#kind=INSERT : ${cells.join(', ')}`
  })
}
