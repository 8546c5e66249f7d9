import {
  Appended,
  type Concatenation,
  Quoted,
  type Raw,
  RawList,
  RawObject,
  Reference,
  readHocon
} from './hocon-syntax.ts'

/**
 * The part of HOCON that Waterdrop configs use, with the two changes of Waterdrop's parser
 * (contract "Waterdrop launchers" §4): the path separator is `->`, so a key with dots is one flat
 * key; an object under a plugin key becomes a list of objects with `plugin_name`.
 * Not supported: `include`, units. Substitutions stay as they are when nothing defines them.
 */
export type ConfigValue =
  | string
  | number
  | boolean
  | null
  | ConfigValue[]
  | ConfigObject
  | Unresolved
export type ConfigObject = { [key: string]: ConfigValue }

/** A reference that neither the file nor the environment nor a property defines. */
export class Unresolved {
  readonly expression: string

  constructor(expression: string) {
    this.expression = expression
  }

  toJSON(): string {
    return `\${${this.expression}}`
  }
}

const PLUGIN_KEYS = new Set(['source', 'transform', 'sink', 'input', 'filter', 'output'])

/**
 * Parses and resolves a config text. References are looked up in the file, then with `lookUp`
 * (environment variables before system properties).
 * @throws ConfigSyntaxError with the line; RangeError for a key of one character, as Waterdrop does, unless `shortKeys`
 */
export function parseConfig(
  text: string,
  lookUp: (name: string) => string | undefined,
  options: { shortKeys?: boolean } = {}
): ConfigObject {
  const root = readHocon(text, options)
  return resolveObject(root, { root, lookUp, depth: 0 })
}

type Scope = { root: RawObject; lookUp: (name: string) => string | undefined; depth: number }

function resolveObject(object: RawObject, scope: Scope): ConfigObject {
  const result: ConfigObject = {}
  for (const [key, raw] of object.entries) {
    const value =
      PLUGIN_KEYS.has(key) && raw instanceof RawObject ? plugins(raw, scope) : resolve(raw, scope)
    if (value === undefined) continue
    const before = result[key]
    if (raw instanceof Appended && Array.isArray(before) && Array.isArray(value)) {
      result[key] = [...before, ...value]
    } else result[key] = merged(before, value)
  }
  return result
}

function plugins(object: RawObject, scope: Scope): ConfigValue[] {
  return object.entries.map(([name, raw]) => {
    const settings = resolve(raw, scope)
    return { plugin_name: name, ...(isObject(settings) ? settings : {}) }
  })
}

function merged(before: ConfigValue | undefined, after: ConfigValue): ConfigValue {
  if (!isObject(before) || !isObject(after)) return after
  const result = { ...before }
  for (const [key, value] of Object.entries(after)) result[key] = merged(result[key], value)
  return result
}

function resolve(raw: Raw, scope: Scope): ConfigValue | undefined {
  if (typeof raw === 'string') return scalar(raw)
  if (raw instanceof Quoted) return raw.text
  if (raw instanceof RawObject) return resolveObject(raw, scope)
  if (raw instanceof Reference) return resolveReference(raw, scope)
  if (raw instanceof Appended) {
    const item = resolve(raw.item, scope)
    return item === undefined ? [] : [item]
  }
  if (raw instanceof RawList) {
    return raw.items.flatMap((item) => {
      const value = resolve(item, scope)
      return value === undefined ? [] : [value]
    })
  }
  return concatenate(raw, scope)
}

function concatenate(raw: Concatenation, scope: Scope): ConfigValue {
  const values = raw.parts.map((part) => (typeof part === 'string' ? part : resolve(part, scope)))
  const unresolved = values.find((value) => value instanceof Unresolved)
  if (unresolved !== undefined) return unresolved
  const objects = values.filter(isObject)
  if (objects.length > 0) return objects.reduce((all, one) => merged(all, one) as ConfigObject)
  return values.map((value) => (value === undefined ? '' : String(value))).join('')
}

function resolveReference(reference: Reference, scope: Scope): ConfigValue | undefined {
  if (scope.depth > 20) return new Unresolved(reference.name)
  const inFile = lookUpInFile(
    scope.root,
    reference.name.split('->').map((part) => part.trim())
  )
  if (inFile !== undefined) return resolve(inFile, { ...scope, depth: scope.depth + 1 })
  const outside = scope.lookUp(reference.name)
  if (outside !== undefined) return outside
  return reference.optional ? undefined : new Unresolved(reference.name)
}

function lookUpInFile(object: RawObject, path: string[]): Raw | undefined {
  const [key, ...rest] = path
  const found = object.entries.filter(([name]) => name === key).map(([, raw]) => raw)
  if (rest.length === 0) return found.at(-1)
  const deeper = found.flatMap((raw) => (raw instanceof RawObject ? [lookUpInFile(raw, rest)] : []))
  return deeper.filter((raw) => raw !== undefined).at(-1)
}

function scalar(text: string): ConfigValue {
  if (text === 'true') return true
  if (text === 'false') return false
  if (text === 'null') return null
  return /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(text) ? Number(text) : text
}

export function isObject(value: ConfigValue | undefined): value is ConfigObject {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Unresolved)
  )
}
