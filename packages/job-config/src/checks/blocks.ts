import type { PluginKind } from '../catalogue.ts'
import type { ConfigValues } from '../config-values.ts'
import type { HoconField } from '../hocon-nodes.ts'
import { nearName } from '../near-name.ts'
import { type Dialect, PLUGIN_KINDS } from './dialect.ts'
import type { FoundThings } from './found.ts'

/** The definitions that count; a block that is missing is not among them. */
export type Blocks = Readonly<{
  environment: readonly HoconField[]
  plugins: Readonly<Partial<Record<PluginKind, HoconField>>>
}>

/** Finds the blocks at the top of a config, and says which ones are missing, lost or misspelt. */
export function blocksOf(
  values: ConfigValues,
  { dialect, found }: Readonly<{ dialect: Dialect; found: FoundThings }>
): Blocks {
  const { fields } = values.root
  const named = (name: string) => fields.filter(({ path }) => path[0] === name)
  const plugins: Partial<Record<PluginKind, HoconField>> = {}
  const missing: string[] = []
  const environment = named(dialect.environment)
  if (environment.length === 0) missing.push(dialect.environment)
  for (const kind of PLUGIN_KINDS) {
    const name = dialect.blocks[kind]
    const all = named(name)
    const last = all.at(-1)
    if (last) plugins[kind] = last
    else if (!dialect.optional.includes(kind)) missing.push(name)
    if (all.some(({ appends }) => appends)) continue
    for (const lost of all.slice(0, -1)) {
      found.warning('BLOCK_REPLACED', lost.at, `this ${name} is lost: a later ${name} replaces it`)
    }
  }
  tellMissing(missing, { values, dialect, found })
  return { environment, plugins }
}

function tellMissing(
  missing: readonly string[],
  {
    values,
    dialect,
    found
  }: Readonly<{ values: ConfigValues; dialect: Dialect; found: FoundThings }>
): void {
  if (missing.length === 0) return
  const { fields } = values.root
  const own = [dialect.environment, ...Object.values(dialect.blocks)]
  const others = fields.filter(({ path }) => !own.includes(path[0] ?? ''))
  for (const name of missing) {
    const near = others.find(({ path }) => nearName(path[0] ?? '', [name]) !== undefined)
    if (near) {
      found.error(
        'MISSING_BLOCK',
        near.at,
        `there is no block ${name}: ${near.path[0]} is not known`,
        name
      )
      continue
    }
    const inner = innerBlock(values, name)
    if (inner) {
      found.error(
        'MISSING_BLOCK',
        inner.field.at,
        `${name} stands inside ${inner.outer}: a } is missing above it, or one is too many at the end`
      )
    }
  }
  const untold = missing.filter(
    (name) =>
      !others.some(({ path }) => nearName(path[0] ?? '', [name]) !== undefined) &&
      !innerBlock(values, name)
  )
  if (untold.length === 0) return
  found.error(
    'MISSING_BLOCK',
    0,
    `has no top-level block ${untold.join(', ')}${hint(fields, dialect)}`
  )
}

/** A block of that name one or two levels down, as a forgotten brace leaves it. */
function innerBlock(
  values: ConfigValues,
  name: string
): { field: HoconField; outer: string } | undefined {
  for (const top of values.root.fields.slice(0, 50)) {
    if (top.value.kind !== 'object') continue
    for (const field of top.value.fields.slice(0, 200)) {
      const outer = top.path[0] ?? ''
      if (field.path[0] === name && field.value.kind === 'object') return { field, outer }
      if (field.value.kind !== 'object') continue
      const inner = field.value.fields.find(
        ({ path, value }) => path[0] === name && value.kind === 'object'
      )
      if (inner) return { field: inner, outer: `${outer} → ${field.path[0]}` }
    }
  }
  return undefined
}

function hint(fields: readonly HoconField[], { generation }: Dialect): string {
  const names = new Set(fields.map(({ path }) => path[0]))
  if (generation !== 'waterdrop-1' && (names.has('input') || names.has('output'))) {
    return '; input, filter and output are the blocks of Waterdrop 1.x'
  }
  if (generation === 'waterdrop-1' && (names.has('source') || names.has('sink'))) {
    return '; source, transform and sink are the blocks of Waterdrop 2.0 and SeaTunnel'
  }
  return ''
}
