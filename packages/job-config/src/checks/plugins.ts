import type { PluginEntry, PluginKind } from '../catalogue.ts'
import type { ConfigValues, ObjectView } from '../config-values.ts'
import type { HoconNode } from '../hocon-nodes.ts'
import { nearName } from '../near-name.ts'
import type { Dialect } from './dialect.ts'
import type { FoundThings } from './found.ts'

/** One plugin of a block, as the launcher would see it. */
export type PluginUse = Readonly<{
  kind: PluginKind
  name: string
  at: number
  view: ObjectView
  /** Undefined: a plugin that is not in the catalogue. */
  entry: PluginEntry | undefined
}>

/** The plugins of one block in their order; undefined when the block is not one that can be read here. */
export function pluginsOf(
  block: HoconNode,
  kind: PluginKind,
  {
    values,
    dialect,
    found,
    json
  }: Readonly<{
    values: ConfigValues
    dialect: Dialect
    found: FoundThings
    json: boolean
  }>
): readonly PluginUse[] | undefined {
  const entries = dialect.catalogue.plugins[kind]
  const plugin = (name: string, at: number, view: ObjectView): PluginUse => ({
    kind,
    name,
    at,
    view,
    entry: entries.get(name.toLowerCase())
  })
  const items = values.itemsOf(block)
  if (items) {
    const plugins: PluginUse[] = []
    for (const item of items) {
      const view = values.objectOf(item)
      const named = view?.options.get('plugin_name')
      if (!view) found.error('PLUGIN_NOT_A_BLOCK', item.at, 'a plugin has to be a block { … }')
      else if (!named) {
        if (view.complete) found.error('PLUGIN_WITHOUT_NAME', item.at, 'plugin_name is missing')
        return undefined
      } else {
        const name = values.textOf(named.value)
        if (name === undefined) return undefined
        plugins.push(plugin(name, named.at, view))
      }
    }
    return plugins
  }
  const fields = values.fieldsOf(block)
  if (!fields) return undefined
  if (json && fields.length > 0) {
    found.error(
      'JSON_NEEDS_LIST',
      block.at,
      `in JSON, ${dialect.blocks[kind]} has to be a list of objects with plugin_name`
    )
    return undefined
  }
  const plugins: PluginUse[] = []
  for (const { path, at, value } of fields) {
    const [name = ''] = path
    if (path.length > 1) return undefined
    const view = values.objectOf(value)
    if (view) plugins.push(plugin(name, at, view))
    else if (values.kindOf(value)) {
      found.error(
        'PLUGIN_NOT_A_BLOCK',
        at,
        `${name} stands in ${dialect.blocks[kind]}, where only plugins can: a block { … } is missing around it or after it`
      )
    }
  }
  return plugins
}

/** Names that no known plugin has. */
export function checkPluginName(
  { kind, name, at, entry }: PluginUse,
  {
    dialect,
    found,
    extraPlugins,
    elsewhere
  }: Readonly<{
    dialect: Dialect
    found: FoundThings
    /** Lower case: the team's own plugins. */
    extraPlugins: ReadonlySet<string>
    /** The same name in another block or another generation of launchers. */
    elsewhere: (name: string, kind: PluginKind) => string | undefined
  }>
): void {
  // A class of one's own may be given with its package.
  if (entry || name.includes('.') || extraPlugins.has(name.toLowerCase())) return
  const block = dialect.blocks[kind]
  const other = elsewhere(name, kind)
  if (other) {
    found.warning(
      'UNKNOWN_PLUGIN',
      at,
      `${name} is no known plugin of ${block} here: it is ${other}`
    )
    return
  }
  const known = [...dialect.catalogue.plugins[kind].values()].map((plugin) => plugin.name)
  const near = nearName(name, known)
  if (near) {
    found.error('UNKNOWN_PLUGIN', at, `${block} has no plugin ${name}: is ${near} meant?`, near)
  } else {
    found.warning(
      'UNKNOWN_PLUGIN',
      at,
      `${name} is no known plugin of ${block}; if it is your own, name it in EXTRA_PLUGINS`
    )
  }
}
