import { HoconText } from './hocon-text.ts'

/**
 * The part of HOCON that Waterdrop configs use, with the two changes of Waterdrop's parser
 * (contract "Waterdrop launchers" §4): the path separator is `->`, so a key with dots is one flat
 * key; an object under a plugin key becomes a list of objects with `plugin_name`.
 * Not supported: `include`, `+=`, units. Substitutions stay as they are when nothing defines them.
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

/** What was read, before references are resolved. A plain string is unquoted text. */
type Raw = string | Quoted | RawList | RawObject | Concatenation | Reference

class Quoted {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

class Reference {
  readonly name: string
  readonly optional: boolean

  constructor(name: string, optional: boolean) {
    this.name = name
    this.optional = optional
  }
}

class RawList {
  readonly items: Raw[]

  constructor(items: Raw[]) {
    this.items = items
  }
}

class RawObject {
  readonly entries: [string, Raw][] = []
}

class Concatenation {
  readonly parts: Raw[]

  constructor(parts: Raw[]) {
    this.parts = parts
  }
}

const PLUGIN_KEYS = new Set(['source', 'transform', 'sink', 'input', 'filter', 'output'])

/**
 * Parses and resolves a config text. References are looked up in the file, then with `lookUp`
 * (environment variables before system properties).
 * @throws ConfigSyntaxError with the line; RangeError for a key of one character, as Waterdrop does
 */
export function parseConfig(
  text: string,
  lookUp: (name: string) => string | undefined
): ConfigObject {
  const cursor = new HoconText(text)
  cursor.skipAll('')
  const braced = cursor.current === '{'
  if (braced) cursor.at++
  const root = readEntries(cursor, braced)
  cursor.skipAll('')
  if (!cursor.ended) cursor.fail('Document has trailing tokens after first object or array')
  return resolveObject(root, { root, lookUp, depth: 0 })
}

function readEntries(cursor: HoconText, braced: boolean): RawObject {
  const object = new RawObject()
  for (;;) {
    cursor.skipAll(',')
    if (cursor.current === '}') {
      if (!braced) cursor.fail("unbalanced close brace '}' with no open brace")
      cursor.at++
      return object
    }
    if (cursor.ended) {
      if (braced) cursor.fail('Expecting close brace } or a comma, got end of file')
      return object
    }
    readEntry(cursor, object)
  }
}

function readEntry(cursor: HoconText, object: RawObject): void {
  const path = readPath(cursor)
  cursor.skipBlanks()
  let value: Raw
  if (cursor.current === '{') {
    value = readValue(cursor)
  } else {
    if (cursor.current !== '=' && cursor.current !== ':') {
      cursor.fail(
        `Key '${path.join('->')}' may not be followed by token: '${cursor.current || 'end of file'}'`
      )
    }
    cursor.at++
    cursor.skipAll('')
    value = readValue(cursor)
  }
  for (const key of path.slice(1).reverse()) {
    const nested = new RawObject()
    nested.entries.push([key, value])
    value = nested
  }
  object.entries.push([path[0] ?? '', value])
}

function readPath(cursor: HoconText): string[] {
  if (cursor.current === '"') return [cursor.readQuoted()]
  const key = cursor.readUnquoted().trim()
  if (key === '') cursor.fail(`expecting a field name, got '${cursor.current}'`)
  if (key.startsWith('include ') || key === 'include') cursor.fail('include is not supported')
  if (key.length === 1) throw new RangeError('String index out of range: 1')
  return key.split('->').map((part) => part.trim())
}

/** Everything up to the end of the line, a comma or a closing brace, glued together. */
function readValue(cursor: HoconText): Raw {
  const parts: Raw[] = []
  cursor.skipBlanks()
  while (!cursor.ended && !',}]\n#'.includes(cursor.current) && !cursor.startsWith('//')) {
    parts.push(readPart(cursor))
  }
  return glue(cursor, parts)
}

function readPart(cursor: HoconText): Raw {
  if (cursor.current === '"') return new Quoted(cursor.readQuoted())
  if (cursor.current === '{') {
    cursor.at++
    return readEntries(cursor, true)
  }
  if (cursor.current === '[') {
    cursor.at++
    return readList(cursor)
  }
  if (cursor.startsWith('${')) return readReference(cursor)
  const text = cursor.readUnquoted()
  if (text === '')
    cursor.fail(`Reserved character '${cursor.current}' is not allowed outside quotes`)
  return text
}

function readReference(cursor: HoconText): Reference {
  const end = cursor.text.indexOf('}', cursor.at)
  if (end === -1) cursor.fail('Substitution was not closed with a }')
  const inner = cursor.text.slice(cursor.at + 2, end).trim()
  cursor.at = end + 1
  const optional = inner.startsWith('?')
  return new Reference((optional ? inner.slice(1) : inner).trim(), optional)
}

function readList(cursor: HoconText): RawList {
  const items: Raw[] = []
  for (;;) {
    cursor.skipAll(',')
    if (cursor.ended) cursor.fail('List should have ended with ] or had a comma, got end of file')
    if (cursor.current === ']') {
      cursor.at++
      return new RawList(items)
    }
    items.push(readValue(cursor))
  }
}

function glue(cursor: HoconText, parts: Raw[]): Raw {
  const first = parts[0]
  const last = parts.at(-1)
  if (typeof first === 'string') parts[0] = first.trimStart()
  if (typeof last === 'string') parts[parts.length - 1] = String(parts.at(-1)).trimEnd()
  const whole = parts.filter((part) => part !== '')
  if (whole.length === 0) cursor.fail('Expecting a value but got wrong token')
  return whole.length === 1 ? (whole[0] as Raw) : new Concatenation(whole)
}

type Scope = { root: RawObject; lookUp: (name: string) => string | undefined; depth: number }

function resolveObject(object: RawObject, scope: Scope): ConfigObject {
  const result: ConfigObject = {}
  for (const [key, raw] of object.entries) {
    const value =
      PLUGIN_KEYS.has(key) && raw instanceof RawObject ? plugins(raw, scope) : resolve(raw, scope)
    if (value === undefined) continue
    result[key] = merged(result[key], value)
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
