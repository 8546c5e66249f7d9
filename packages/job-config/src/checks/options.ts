import { type KnownNames, knownNames, type PluginEntry } from '../catalogue.ts'
import type { ConfigValues, Option } from '../config-values.ts'
import { nearName } from '../near-name.ts'
import type { Dialect } from './dialect.ts'
import type { FoundThings } from './found.ts'
import type { PluginUse } from './plugins.ts'

type Context = Readonly<{ values: ConfigValues; dialect: Dialect; found: FoundThings }>

const NUMBER = /^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?[lLfFdD]?\s*$/
const BOOLEAN = /^(true|false|yes|no|on|off)$/i

/** Options that a plugin lacks, does not know, or cannot take as they are. */
export function checkOptions(plugin: PluginUse, context: Context): void {
  const { entry, view } = plugin
  if (!entry) return
  if (view.complete) checkRequired(plugin, entry, context)
  const known = knownNames(entry, context.dialect.catalogue.common[plugin.kind])
  for (const option of view.options.values()) {
    checkType(option, entry, context)
    if (known) checkName(option, plugin, { entry, known, found: context.found })
  }
}

function checkRequired(
  { name, at, view }: PluginUse,
  entry: PluginEntry,
  { found, values }: Context
): void {
  for (const alternatives of entry.required) {
    const names = alternatives.filter((one) => !one.includes('='))
    if (names.some((one) => has(view.options, one))) continue
    if (alternatives.some((one) => one.includes('=') && mayHold(view.options, one, values))) {
      continue
    }
    // A misspelt one is told at its own place.
    const given = [...view.options.keys()]
    const near = names.map((one) => nearName(one, given)).find((one) => one !== undefined)
    const option = near && view.options.get(near)
    found.error(
      'MISSING_OPTION',
      option ? option.at : at,
      `${name} needs ${names.join(' or ')}${near ? `: ${near} is not known` : ''}`,
      near ? names[0] : undefined
    )
  }
}

/** `name=value`: an option with a value that makes others needless. */
function mayHold(
  options: ReadonlyMap<string, Option>,
  condition: string,
  values: ConfigValues
): boolean {
  const [name = '', wanted] = condition.split('=')
  const option = options.get(name)
  if (!option) return false
  const text = values.textOf(option.value)
  return text === undefined || text.includes('${') || text.trim().toLowerCase() === wanted
}

/** `a.b` may be written as `a { b = … }` for some plugins. */
function has(options: ReadonlyMap<string, Option>, name: string): boolean {
  if (options.has(name)) return true
  return name
    .split('.')
    .some((_, index, parts) => index > 0 && options.has(parts.slice(0, index).join('.')))
}

function checkName(
  { name, at }: Option,
  plugin: PluginUse,
  { found, entry, known }: Readonly<{ found: FoundThings; entry: PluginEntry; known: KnownNames }>
): void {
  if (name === 'plugin_name' || known.has(name)) return
  const near = nearOption(name, known.names)
  if (!near) {
    found.info('UNKNOWN_OPTION', at, `${name} is not among the documented options of ${entry.name}`)
  } else if (plugin.view.options.has(near) || isMissed(near, entry, plugin)) {
    // The second is told as a missing option, at this place.
    found.info('UNKNOWN_OPTION', at, `${entry.name} has no option ${name}`, near)
  } else {
    found.warning(
      'UNKNOWN_OPTION',
      at,
      `${entry.name} has no option ${name}: is ${near} meant?`,
      near
    )
  }
}

function isMissed(name: string, entry: PluginEntry, { view }: PluginUse): boolean {
  return (
    view.complete &&
    entry.required.some(
      (names) => names.includes(name) && !names.some((one) => has(view.options, one))
    )
  )
}

function nearOption(name: string, known: readonly string[]): string | undefined {
  const exact = known.filter((one) => !one.endsWith('*'))
  const near = nearName(name, exact)
  if (near) return near
  const [first = '', ...rest] = name.split('.')
  if (rest.length === 0) return undefined
  const groups = known.filter((one) => /^[^.]+\.\*$/.test(one)).map((one) => one.slice(0, -2))
  const group = nearName(first, groups)
  return group && group !== first ? [group, ...rest].join('.') : undefined
}

function checkType(
  { name, at, value }: Option,
  entry: PluginEntry,
  { values, found }: Context
): void {
  const kind = values.kindOf(value)
  const text = kind === 'text' ? values.textOf(value) : undefined
  const wrong = (expected: string): void => {
    found.error('WRONG_TYPE', at, `${name} of ${entry.name} has to be ${expected}`)
  }
  if (entry.numbers.includes(name)) {
    if (kind === 'list' || kind === 'object') wrong('a number')
    else if (text !== undefined && !NUMBER.test(text) && !text.includes('${')) wrong('a number')
  } else if (entry.booleans.includes(name)) {
    if (kind === 'list' || kind === 'object') wrong('true or false')
    else if (text !== undefined && !BOOLEAN.test(text) && !text.includes('${'))
      wrong('true or false')
  } else if (entry.lists.includes(name)) {
    if (kind === 'object') wrong('a list [ … ]')
    else if (text !== undefined && text !== 'null') wrong('a list [ … ]')
  } else if (entry.objects.includes(name)) {
    if (kind === 'list' || (text !== undefined && !/^\s*(\{|$|null|\$)/.test(text))) {
      wrong('a block { … }')
    }
  }
}
