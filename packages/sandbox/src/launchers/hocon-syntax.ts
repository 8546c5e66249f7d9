import { HoconText } from './hocon-text.ts'

/** What was read, before references are resolved. A plain string is unquoted text. */
export type Raw = string | Quoted | RawList | RawObject | Concatenation | Reference | Appended

export class Quoted {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

export class Reference {
  readonly name: string
  readonly optional: boolean

  constructor(name: string, optional: boolean) {
    this.name = name
    this.optional = optional
  }
}

/** `key += value`: one item more for a list. */
export class Appended {
  readonly item: Raw

  constructor(item: Raw) {
    this.item = item
  }
}

export class RawList {
  readonly items: Raw[]

  constructor(items: Raw[]) {
    this.items = items
  }
}

export class RawObject {
  readonly entries: [string, Raw][] = []
}

export class Concatenation {
  readonly parts: Raw[]

  constructor(parts: Raw[]) {
    this.parts = parts
  }
}

/**
 * Reads a whole text; the outer braces may be left out.
 * @throws ConfigSyntaxError with the line; RangeError for a key of one character, as Waterdrop does, unless `shortKeys`
 */
export function readHocon(text: string, { shortKeys = false } = {}): RawObject {
  const cursor = new HoconText(text, shortKeys)
  cursor.skipAll('')
  const braced = cursor.current === '{'
  if (braced) cursor.at++
  const root = readEntries(cursor, braced)
  cursor.skipAll('')
  if (!cursor.ended) cursor.fail('Document has trailing tokens after first object or array')
  return root
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
    const appends = cursor.startsWith('+=')
    if (cursor.current !== '=' && cursor.current !== ':' && !appends) {
      cursor.fail(
        `Key '${path.join('->')}' may not be followed by token: '${cursor.current || 'end of file'}'`
      )
    }
    cursor.at += appends ? 2 : 1
    cursor.skipAll('')
    value = readValue(cursor)
    if (appends) value = new Appended(value)
  }
  for (const key of path.slice(1).reverse()) {
    const nested = new RawObject()
    nested.entries.push([key, value])
    value = nested
  }
  object.entries.push([path[0] ?? '', value])
}

/** `one->two`; `->` inside quotes is part of a name. */
function readPath(cursor: HoconText): string[] {
  const path: string[] = ['']
  let quoted = false
  for (;;) {
    const isQuoted = cursor.current === '"'
    const text = isQuoted ? cursor.readQuoted() : cursor.readUnquoted()
    if (text === '' && !isQuoted) break
    quoted ||= isQuoted
    const [first = '', ...others] = isQuoted ? [text] : text.split('->').map((part) => part.trim())
    path[path.length - 1] += first
    path.push(...others)
  }
  const [key = ''] = path
  if (path.length === 1 && !quoted) {
    if (key === '') cursor.fail(`expecting a field name, got '${cursor.current}'`)
    if (/^include\b/.test(key)) cursor.fail('include is not supported')
    if (key.length === 1 && !cursor.shortKeys) throw new RangeError('String index out of range: 1')
  }
  return path
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
  if (whole.length === 1) return whole[0] as Raw
  const containers = whole.filter((part) => part instanceof RawObject || part instanceof RawList)
  const text = whole.some(
    (part) => part instanceof Quoted || (typeof part === 'string' && /\S/.test(part))
  )
  if (containers.length > 0 && text) {
    cursor.fail('Cannot concatenate object or list with a non-object-or-list')
  }
  return new Concatenation(whole)
}
