import type { ConfigValues, ObjectView, Option } from '../config-values.ts'
import { nearName } from '../near-name.ts'
import type { Dialect } from './dialect.ts'
import type { FoundThings } from './found.ts'
import type { PluginUse } from './plugins.ts'
import { tablesInSql } from './sql-tables.ts'

/** More are not compared, so that the time stays bounded. */
const MAX_COMPARED_TABLES = 1000
const MAX_LOOK_UPS = 200

type Context = Readonly<{ values: ConfigValues; dialect: Dialect; found: FoundThings }>
/** Plugins in the order in which they run. */
export type Pipeline = Readonly<{
  sources: readonly PluginUse[]
  transforms: readonly PluginUse[]
  sinks: readonly PluginUse[]
  /** The engine's settings; undefined when they are not known. */
  environment: ObjectView | undefined
}>

/** An option that makes tables, and the names that it gives them; undefined when they are not known. */
type Made = Readonly<{ option: Option; texts: readonly string[] | undefined }>

/** Names of tables: what reads one that nobody has made, what makes one twice, what has to make one and does not. */
export function checkTables(pipeline: Pipeline, context: Context): void {
  new TableCheck(pipeline, context).run()
}

class TableCheck {
  readonly #pipeline: Pipeline
  readonly #values: ConfigValues
  readonly #dialect: Dialect
  readonly #found: FoundThings
  /** As written, by the spelling that counts. */
  readonly #tables = new Map<string, string>()
  /** Made somewhere, if only later. */
  readonly #ever = new Map<string, string>()
  readonly #madeBy = new Map<PluginUse, readonly Made[]>()
  /** Some name could not be told: nothing can be said to lead nowhere. */
  #unsure = false
  #hive: boolean | undefined
  #lookUps = 0

  constructor(pipeline: Pipeline, { values, dialect, found }: Context) {
    this.#pipeline = pipeline
    this.#values = values
    this.#dialect = dialect
    this.#found = found
  }

  run(): void {
    const { sources, transforms, sinks } = this.#pipeline
    for (const plugin of [...sources, ...transforms]) {
      for (const { texts } of this.#made(plugin)) {
        for (const text of texts ?? []) this.#ever.set(this.#spelling(text), text)
      }
      if (!plugin.view.complete) this.#unsure = true
    }
    for (const source of sources) this.#source(source)
    for (const transform of transforms) {
      this.#reads(transform)
      this.#sql(transform)
      this.#add(transform)
    }
    for (const sink of sinks) this.#reads(sink)
  }

  #source(source: PluginUse): void {
    const { engine, generation } = this.#dialect
    if (engine === 'spark' && generation !== 'seatunnel-2.3' && this.#hasToName(source)) {
      this.#found.error(
        'RESULT_TABLE_MISSING',
        source.at,
        `${source.name} needs result_table_name: what a batch ${this.#dialect.blocks.source} reads has to become a table`,
        'result_table_name'
      )
    }
    this.#add(source)
  }

  /** Streams need none. In 2.0 the first source decides for all; in 1.x each for itself. */
  #hasToName(source: PluginUse): boolean {
    const decides = this.#dialect.generation === 'waterdrop-1' ? source : this.#pipeline.sources[0]
    if (!decides || isStream(decides) || !source.view.complete) return false
    return this.#made(source).length === 0
  }

  #add(plugin: PluginUse): void {
    for (const { option, texts } of this.#made(plugin)) {
      if (texts === undefined) {
        this.#unsure = true
        continue
      }
      for (const text of texts) {
        const spelling = this.#spelling(text)
        if (this.#tables.has(spelling) && plugin.kind === 'source') this.#twice(text, option)
        this.#tables.set(spelling, text)
      }
    }
  }

  #twice(text: string, { at }: Option): void {
    const { engine, generation } = this.#dialect
    if (engine === 'flink' && generation === 'waterdrop-2') {
      this.#found.error('DUPLICATE_TABLE', at, `two sources make the table ${text}`)
    } else {
      this.#found.warning(
        'DUPLICATE_TABLE',
        at,
        `two sources make the table ${text}: the second hides the first`
      )
    }
  }

  #reads(plugin: PluginUse): void {
    for (const name of this.#dialect.sourceNames) {
      const option = plugin.view.options.get(name)
      const texts = option && this.#values.textsOf(option.value)
      for (const text of texts ?? []) {
        if (option && !this.#isThere(text)) this.#leadsNowhere(text, option.at, plugin)
      }
    }
  }

  #leadsNowhere(text: string, at: number, { kind, name }: PluginUse): void {
    const later = this.#ever.has(this.#spelling(text))
    const near = later ? undefined : this.#nearTable(text, this.#ever)
    const why = later
      ? `${name} reads the table ${text} before it is made`
      : `${name} reads the table ${text}, which no source${kind === 'sink' ? ' or transform' : ''} makes`
    // Spark also finds tables that were there before, in its catalogue.
    if (
      this.#dialect.engine === 'spark' &&
      this.#dialect.generation !== 'seatunnel-2.3' &&
      !near &&
      !later
    ) {
      this.#found.warning('UNKNOWN_TABLE', at, why)
    } else {
      this.#found.error('UNKNOWN_TABLE', at, near ? `${why}: is ${near} meant?` : why, near)
    }
  }

  #sql(plugin: PluginUse): void {
    const option = plugin.entry?.sqlOption && plugin.view.options.get(plugin.entry.sqlOption)
    const sql = option && this.#values.textOf(option.value)
    if (!option || sql === undefined || sql.includes('${')) return
    const own = this.#made(plugin).flatMap(({ texts }) => texts ?? [])
    for (const table of tablesInSql(sql)) {
      if (this.#isThere(table)) continue
      // 1.x gives what a filter reads the name that the filter makes.
      if (own.some((name) => this.#spelling(name) === this.#spelling(table))) continue
      this.#unknownInSql(table, option.at, plugin)
    }
  }

  #unknownInSql(table: string, at: number, { name, view }: PluginUse): void {
    const near = this.#nearTable(table, this.#tables)
    const why = `the SQL of ${name} reads the table ${table}, which nothing before it makes`
    if (this.#dialect.generation === 'seatunnel-2.3') {
      // It may also be the table's name in its own database.
      const source = this.#dialect.sourceNames.map((one) => view.options.get(one)).find(Boolean)
      if (near) this.#found.warning('UNKNOWN_TABLE', at, `${why}: is ${near} meant?`, near)
      else if (source) this.#found.info('UNKNOWN_TABLE', at, why)
    } else if (near) {
      this.#found.error('UNKNOWN_TABLE', at, `${why}: is ${near} meant?`, near)
    } else if (this.#dialect.engine === 'flink' || !this.#mayHaveHive()) {
      this.#found.warning('UNKNOWN_TABLE', at, why)
    }
  }

  #isThere(text: string): boolean {
    return (
      this.#unsure ||
      text.includes('${') ||
      this.#tables.has(this.#spelling(text)) ||
      (this.#dialect.engine === 'spark' &&
        this.#dialect.generation !== 'seatunnel-2.3' &&
        (text.includes('.') || (this.#mayHaveHive() && !this.#isNearTable(text))))
    )
  }

  #isNearTable(text: string): boolean {
    return this.#ever.has(this.#spelling(text)) || this.#nearTable(text, this.#ever) !== undefined
  }

  #mayHaveHive(): boolean {
    this.#hive ??= this.#namesHive()
    return this.#hive
  }

  #namesHive(): boolean {
    const { sources, transforms, sinks, environment } = this.#pipeline
    const settings = environment ? [...environment.options.keys()] : ['hive']
    return (
      settings.some((name) => /hive|catalog/i.test(name)) ||
      [...sources, ...transforms, ...sinks].some(({ name }) => /hive/i.test(name))
    )
  }

  #made(plugin: PluginUse): readonly Made[] {
    let made = this.#madeBy.get(plugin)
    if (!made) {
      made = this.#findMade(plugin)
      this.#madeBy.set(plugin, made)
    }
    return made
  }

  #findMade({ view, kind }: PluginUse): Made[] {
    const made: Made[] = []
    if (kind === 'sink') return made
    for (const name of this.#dialect.resultNames) {
      const option = view.options.get(name)
      if (option) made.push({ option, texts: this.#values.textsOf(option.value) })
    }
    return made
  }

  /** In short names one slip says nothing: t1 is as good a name as t2. */
  #nearTable(text: string, known: ReadonlyMap<string, string>): string | undefined {
    if (text.length < 3) return undefined
    if (++this.#lookUps > MAX_LOOK_UPS) return undefined
    return nearName(text, take(known.values(), MAX_COMPARED_TABLES))
  }

  /** Spark ignores case in the names of tables. */
  #spelling(text: string): string {
    return this.#dialect.engine === 'spark' ? text.toLowerCase() : text
  }
}

export function isStream({ entry, name }: PluginUse): boolean {
  return entry?.stream ?? name.toLowerCase().endsWith('stream')
}

function* take(names: Iterable<string>, most: number): Iterable<string> {
  let taken = 0
  for (const name of names) {
    if (taken++ === most) return
    yield name
  }
}
