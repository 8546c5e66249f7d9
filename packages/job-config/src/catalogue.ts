import { readFileSync } from 'node:fs'

export type PluginKind = 'source' | 'transform' | 'sink'

/** What is known of one plugin; names of options may end in `*`. */
export type PluginEntry = Readonly<{
  name: string
  /** Undefined: nothing is known of its options. */
  options: readonly string[] | undefined
  /** Each may name several of which one is enough; `name=value` is an option that makes them needless. */
  required: readonly (readonly string[])[]
  numbers: readonly string[]
  booleans: readonly string[]
  lists: readonly string[]
  objects: readonly string[]
  /** The option that holds SQL. */
  sqlOption: string | undefined
  /** Never ends by itself. */
  stream: boolean
  /** Follows a database's changes: never ends unless it is told where to stop. */
  cdc: boolean
}>

export type Catalogue = Readonly<{
  /** By lower-case name: the launchers ignore case. */
  plugins: Readonly<Record<PluginKind, ReadonlyMap<string, PluginEntry>>>
  /** Options that every plugin of a kind takes. */
  common: Readonly<Record<PluginKind, readonly string[]>>
  /** Settings of the `env` block (`spark` in 1.x). */
  environment: readonly string[]
}>

export type CatalogueName =
  | 'waterdrop-1'
  | 'waterdrop-2-spark'
  | 'waterdrop-2-flink'
  | 'seatunnel-2.3'

type RawEntry = Readonly<{
  like?: string
  options?: string
  required?: string
  numbers?: string
  booleans?: string
  lists?: string
  objects?: string
  sqlOption?: string
  stream?: boolean
  cdc?: boolean
}>
type RawCatalogue = Readonly<{
  common: Readonly<Record<PluginKind, string>>
  env: Readonly<{ options: string }>
  plugins: Readonly<Record<PluginKind, Readonly<Record<string, RawEntry>>>>
}>

const KINDS = ['source', 'transform', 'sink'] as const
const loaded = new Map<string, Catalogue>()

/** Read from `catalogues/` on first use, once. */
export function catalogueOf(name: CatalogueName): Catalogue {
  const known = loaded.get(name)
  if (known) return known
  const raw = readData(name) as RawCatalogue
  const catalogue: Catalogue = {
    plugins: byKind((kind) => entriesOf(raw.plugins[kind])),
    common: byKind((kind) => words(raw.common[kind])),
    environment: words(raw.env.options)
  }
  loaded.set(name, catalogue)
  return catalogue
}

let sparkSettingNames: readonly string[] | undefined

/** Spark's own documented settings. */
export function sparkSettings(): readonly string[] {
  sparkSettingNames ??= words((readData('spark-settings') as { options: string }).options)
  return sparkSettingNames
}

/** True when `name` is one of `options`, which may end in `*`. */
export function isAmong(name: string, options: readonly string[]): boolean {
  return options.some((option) =>
    option.endsWith('*') ? name.startsWith(option.slice(0, -1)) : option === name
  )
}

/** The names of options that a plugin takes. */
export type KnownNames = Readonly<{
  names: readonly string[]
  /** Also true for the block of a known name: `a` where `a.b` is one. */
  has: (name: string) => boolean
}>

/** A plugin is asked for its names again and again. */
const namesByPlugin = new WeakMap<PluginEntry, KnownNames>()

/** Undefined where nothing is known of the plugin's options; `common` are those of every plugin of its kind. */
export function knownNames(entry: PluginEntry, common: readonly string[]): KnownNames | undefined {
  if (!entry.options) return undefined
  const earlier = namesByPlugin.get(entry)
  if (earlier) return earlier
  const names = [...entry.options, ...common]
  const exact = new Set(names.flatMap(withBlocks))
  const stems = names.filter((name) => name.endsWith('*')).map((name) => name.slice(0, -1))
  const known = {
    names,
    has: (name: string) => exact.has(name) || stems.some((stem) => name.startsWith(stem))
  }
  namesByPlugin.set(entry, known)
  return known
}

/** `a.b.c` is `a`, `a.b` and itself. */
function withBlocks(name: string): string[] {
  const parts = name.split('.')
  return parts.map((_, index) => parts.slice(0, index + 1).join('.'))
}

function readData(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`../catalogues/${name}.json`, import.meta.url), 'utf8'))
}

function entriesOf(raw: Readonly<Record<string, RawEntry>>): ReadonlyMap<string, PluginEntry> {
  return new Map(
    Object.entries(raw).map(([name, entry]) => {
      const base = entry.like ? raw[entry.like] : undefined
      const all = (key: 'options' | 'numbers' | 'booleans' | 'lists' | 'objects') => [
        ...words(base?.[key]),
        ...words(entry[key])
      ]
      const plugin: PluginEntry = {
        name,
        options: entry.options === undefined ? undefined : all('options'),
        required: words(entry.required).map((names) => names.split('|')),
        numbers: all('numbers'),
        booleans: all('booleans'),
        lists: all('lists'),
        objects: all('objects'),
        sqlOption: entry.sqlOption,
        stream: entry.stream ?? name.toLowerCase().endsWith('stream'),
        cdc: entry.cdc ?? false
      }
      return [name.toLowerCase(), plugin]
    })
  )
}

function byKind<T>(make: (kind: PluginKind) => T): Record<PluginKind, T> {
  const [source, transform, sink] = KINDS.map(make)
  return { source, transform, sink } as Record<PluginKind, T>
}

function words(text: string | undefined): string[] {
  return (text ?? '').split(' ').filter((word) => word !== '')
}
