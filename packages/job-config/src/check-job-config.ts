import { type CatalogueName, catalogueOf, type PluginKind } from './catalogue.ts'
import { blocksOf } from './checks/blocks.ts'
import {
  type ConfigEngine,
  type ConfigGeneration,
  type Dialect,
  dialectOf,
  PLUGIN_KINDS
} from './checks/dialect.ts'
import { checkEnvironment, jobModeOf } from './checks/environment.ts'
import { FoundThings } from './checks/found.ts'
import { checkOptions } from './checks/options.ts'
import { checkPlaceholders } from './checks/placeholders.ts'
import { checkPluginName, type PluginUse, pluginsOf } from './checks/plugins.ts'
import { checkTables, isStream } from './checks/tables.ts'
import { ConfigText, type MaskText } from './config-text.ts'
import { ConfigValues, type ObjectView, type Surroundings } from './config-values.ts'
import type { Finding } from './finding.ts'
import type { HoconDocument } from './hocon-nodes.ts'
import { readHocon } from './hocon-syntax.ts'
import { HoconSyntaxError } from './hocon-tokens.ts'

export type { ConfigEngine, ConfigGeneration }

export type CheckOptions = Surroundings &
  Readonly<{
    generation: ConfigGeneration
    engine: ConfigEngine
    /** The launcher reads it as JSON: its name ends in `.json`. */
    json: boolean
    /** The launcher cannot be given a config that is one `{ … }`. */
    refuseRootBrace: boolean
    /** Names of plugins of one's own. */
    extraPlugins: readonly string[]
    /** Makes the lines of the text fit to be shown to who may not see its secrets. */
    mask: MaskText
  }>

const ELSEWHERE: Readonly<Record<CatalogueName, string>> = {
  'waterdrop-1': 'Waterdrop 1.x',
  'waterdrop-2-spark': 'Waterdrop 2.0 on Spark',
  'waterdrop-2-flink': 'Waterdrop 2.0 on Flink',
  'seatunnel-2.3': 'SeaTunnel 2.3'
}

/**
 * What is wrong with a config, without running anything: its syntax, blocks, plugins and their options, the tables
 * that lead from one to the next, and what it refers to. In the order of the text, at most 100. Never throws; time and
 * memory grow with the length of the text.
 */
export function checkJobConfig(text: string, options: CheckOptions): readonly Finding[] {
  const places = new ConfigText(text, options.mask)
  const found = new FoundThings()
  const document = documentOf(text, { json: options.json, found })
  if (document) checkDocument(document, { ...options, found })
  return found.inText(places)
}

function documentOf(
  text: string,
  { json, found }: Readonly<{ json: boolean; found: FoundThings }>
): HoconDocument | undefined {
  try {
    return readHocon(text, { strict: json })
  } catch (error) {
    if (!(error instanceof HoconSyntaxError)) throw error
    found.error(
      error.message.startsWith('include ') ? 'INCLUDE' : 'SYNTAX',
      error.at,
      error.message
    )
    return undefined
  }
}

function checkDocument(
  { root, braced, shortKeys }: HoconDocument,
  options: CheckOptions & Readonly<{ found: FoundThings }>
): void {
  const { generation, engine, found, json, variables, environment } = options
  const surroundings = { variables, environment }
  const dialect = dialectOf(generation, engine)
  const values = new ConfigValues(root, surroundings)
  if (braced && options.refuseRootBrace) {
    found.error(
      'ROOT_BRACE',
      root.at,
      `is one { … } (or JSON): the ${engine === 'spark' ? 'Spark' : 'Flink'} launcher takes the name of the job from a block that is added at the end, ` +
        'so leave out the outer braces'
    )
  }
  if (generation !== 'seatunnel-2.3') {
    for (const { at, path } of shortKeys) {
      found.error('SHORT_KEY', at, `key ${path[0]}: the launcher fails on keys of one character`)
    }
  }
  checkPlaceholders(root, { values, dialect, found, surroundings })
  const blocks = blocksOf(values, { dialect, found })
  const settings = merged(blocks.environment.map(({ value }) => values.objectOf(value)))
  for (const { at, value } of blocks.environment) {
    const kind = values.kindOf(value)
    if (kind === 'text' || kind === 'list') {
      found.error('WRONG_TYPE', at, `${dialect.environment} has to be a block { … }`)
    }
  }
  if (settings) checkEnvironment(settings, { values, dialect, found })
  const plugins = new Map<PluginKind, readonly PluginUse[] | undefined>()
  for (const kind of PLUGIN_KINDS) {
    const block = blocks.plugins[kind]
    if (!block) continue
    const kindOfBlock = values.kindOf(block.value)
    if (kindOfBlock === 'text') {
      found.error('WRONG_TYPE', block.at, `${dialect.blocks[kind]} has to be a block { … }`)
    }
    const uses =
      block.path.length > 1 || block.appends
        ? undefined
        : pluginsOf(block.value, kind, { values, dialect, found, json })
    plugins.set(kind, uses)
    if (uses?.length === 0 && kindOfBlock !== 'text' && kind !== 'transform') {
      found.error(
        'EMPTY_BLOCK',
        block.at,
        `${dialect.blocks[kind]} is empty: the job would do nothing`
      )
    }
  }
  checkPlugins(
    [...plugins.values()].flatMap((uses) => uses ?? []),
    { ...options, dialect, values }
  )
  const sources = plugins.get('source')
  const transforms = plugins.has('transform') ? plugins.get('transform') : []
  const sinks = plugins.get('sink')
  if (sources && transforms && sinks) {
    checkTables({ sources, transforms, sinks, environment: settings }, { values, dialect, found })
  }
  if (sources) checkModes(sources, { settings, values, dialect, found })
}

function merged(views: readonly (ObjectView | undefined)[]): ObjectView | undefined {
  const known = views.filter((view) => view !== undefined)
  if (known.length === 0) return undefined
  return {
    options: new Map(known.flatMap(({ options }) => [...options])),
    complete: known.length === views.length && known.every(({ complete }) => complete)
  }
}

function checkPlugins(
  uses: readonly PluginUse[],
  {
    dialect,
    values,
    found,
    extraPlugins
  }: CheckOptions & Readonly<{ dialect: Dialect; values: ConfigValues; found: FoundThings }>
): void {
  const extra = new Set(extraPlugins.map((name) => name.toLowerCase()))
  const elsewhere = (name: string, kind: PluginKind) => placeElsewhere(name, kind, dialect)
  for (const use of uses) {
    if (extra.has(use.name.toLowerCase())) continue
    checkPluginName(use, { dialect, found, extraPlugins: extra, elsewhere })
    checkOptions(use, { values, dialect, found })
  }
}

function placeElsewhere(name: string, kind: PluginKind, dialect: Dialect): string | undefined {
  const wanted = name.toLowerCase()
  for (const other of PLUGIN_KINDS) {
    if (other !== kind && dialect.catalogue.plugins[other].has(wanted)) {
      return `a plugin of ${dialect.blocks[other]}`
    }
  }
  for (const [catalogue, title] of Object.entries(ELSEWHERE)) {
    if (catalogueOf(catalogue as CatalogueName).plugins[kind].has(wanted)) {
      return `one of ${title}`
    }
  }
  return undefined
}

/** Sources that never end in a job that has to, or that cannot stand beside each other. */
function checkModes(
  sources: readonly PluginUse[],
  {
    settings,
    values,
    dialect,
    found
  }: Readonly<{
    settings: ObjectView | undefined
    values: ConfigValues
    dialect: Dialect
    found: FoundThings
  }>
): void {
  if (dialect.generation === 'seatunnel-2.3') {
    if (!settings || jobModeOf(settings, values) !== 'BATCH') return
    for (const { entry, name, at, view } of sources) {
      if (!entry?.cdc || !view.complete || view.options.has('stop.mode')) continue
      found.warning('STREAM_IN_BATCH', at, `${name} never ends, but job.mode is BATCH`)
    }
    return
  }
  const [first, ...others] = sources
  if (dialect.generation !== 'waterdrop-2' || !first || isStream(first)) return
  for (const source of others.filter(isStream)) {
    found.warning(
      'STREAM_IN_BATCH',
      source.at,
      `${source.name} is a stream, but the first source, ${first.name}, makes this a batch job`
    )
  }
}
