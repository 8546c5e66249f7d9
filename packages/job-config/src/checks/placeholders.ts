import type { ConfigValues, Surroundings } from '../config-values.ts'
import type { HoconNode, HoconObject, HoconReference } from '../hocon-nodes.ts'
import { nearName } from '../near-name.ts'
import type { Dialect } from './dialect.ts'
import type { FoundThings } from './found.ts'

type Context = Readonly<{
  values: ConfigValues
  dialect: Dialect
  found: FoundThings
  surroundings: Surroundings
  /** Names that were told already: once is enough. */
  told: Set<string>
  /** What may have been meant. */
  names: () => readonly string[]
}>

/** More are not compared, so that the time stays bounded. */
const MAX_NAMES = 100

const IN_QUOTES = /\$\{\s*([\w.-]+)\s*\}/g

/**
 * References that nothing defines. They are looked up in the file, then in the environment, then among the variables
 * of the start (waterdrop.md §4); in quotes nothing is substituted before SeaTunnel 2.3.6.
 */
export function checkPlaceholders(
  root: HoconObject,
  context: Omit<Context, 'told' | 'names'>
): void {
  let known: readonly string[] | undefined
  const names = () => {
    known ??= [
      ...Object.keys(context.surroundings.variables),
      ...new Set(root.fields.slice(0, 1000).map((field) => field.path[0] ?? ''))
    ]
    return known
  }
  walk(root, [], { ...context, told: new Set(), names })
}

function walk(node: HoconNode, path: readonly string[], context: Context): void {
  switch (node.kind) {
    case 'object':
      for (const { value, path: names } of node.fields) {
        // Only a reference to the key that it stands in needs the path: short paths are enough.
        const isText = value.kind === 'text' || path.length > 20
        walk(value, isText ? path : path.concat(names), context)
      }
      break
    case 'list':
      for (const item of node.items) walk(item, path, context)
      break
    case 'concatenation':
      for (const part of node.parts) walk(part, path, context)
      break
    case 'reference':
      checkReference(node, path, context)
      break
    case 'text':
      if (node.quoted && node.text.includes('${')) checkQuoted(node, context)
  }
}

function checkReference(
  reference: HoconReference,
  path: readonly string[],
  { values, dialect, found, told, names }: Context
): void {
  const { name, optional, at } = reference
  const definition = values.definitionOf(reference, path)
  if (optional) {
    if (definition === 'variable') {
      found.warning(
        'OPTIONAL_PLACEHOLDER',
        at,
        `\${?${name}} is looked up in the config and the environment only, not among the variables: write \${${name}}`,
        `\${${name}}`
      )
    }
    return
  }
  if (definition !== 'none') return
  // After the colon stands a default, which SeaTunnel from 2.3.6 takes in quotes.
  const colon = name.indexOf(':')
  if (colon > 0 && dialect.generation === 'seatunnel-2.3') {
    found.warning('UNRESOLVED_PLACEHOLDER', at, `a default is only taken in quotes: "\${${name}}"`)
    return
  }
  if (told.has(name)) return
  told.add(name)
  const known = told.size > MAX_NAMES ? [] : names()
  const near = nearName(name, known)
  found.error(
    'UNRESOLVED_PLACEHOLDER',
    at,
    `nothing defines \${${name}}: neither the config, nor a variable of the start, nor the environment${near ? `; is ${near} meant?` : ''}`,
    near
  )
}

function checkQuoted(
  { text, at }: Readonly<{ text: string; at: number }>,
  { dialect, found, surroundings }: Context
): void {
  if (dialect.generation === 'seatunnel-2.3') return
  for (const [, name = ''] of text.matchAll(IN_QUOTES)) {
    if (!Object.hasOwn(surroundings.variables, name)) continue
    found.warning(
      'PLACEHOLDER_IN_QUOTES',
      at,
      `in quotes \${${name}} is not substituted: write "…"\${${name}}"…"`
    )
    return
  }
}
