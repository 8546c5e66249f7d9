import type {
  HoconDocument,
  HoconField,
  HoconList,
  HoconNode,
  HoconObject,
  HoconReference
} from './hocon-nodes.ts'
import { HoconSyntaxError, type HoconToken, HoconTokens } from './hocon-tokens.ts'
import { rememberLast } from './remember-last.ts'

const MAX_DEPTH = 100
const MAX_NODES = 300_000

/**
 * Reads a config as the launchers' fork of the HOCON library does: keys are split at `->`, not at dots. `include` is
 * refused. Time and memory grow with the text, depth and number of values are limited.
 * @throws HoconSyntaxError
 */
export function readHocon(text: string, options: Readonly<{ strict: boolean }>): HoconDocument {
  return options.strict ? readJson(text) : readWhole(text)
}

const readJson = rememberLast((text) => new HoconReader(text, { strict: true }).document())
const readWhole = rememberLast((text) => new HoconReader(text, { strict: false }).document())

class HoconReader {
  readonly #tokens: HoconTokens
  readonly #strict: boolean
  readonly #shortKeys: HoconField[] = []
  #token: HoconToken
  #depth = 0
  #isBehindComma = false
  #nodes = 0

  constructor(text: string, options: Readonly<{ strict: boolean }>) {
    this.#strict = options.strict
    this.#tokens = new HoconTokens(text, options)
    this.#token = this.#tokens.next()
  }

  document(): HoconDocument {
    this.#skipNewlines()
    const { kind, at } = this.#token
    if (kind === '[') throw new HoconSyntaxError(at, 'the config is a list; it has to be blocks')
    const braced = kind === '{'
    if (this.#strict && !braced) {
      throw new HoconSyntaxError(at, 'JSON has to begin with {')
    }
    const root = braced ? this.#object() : this.#fields(at, undefined)
    this.#skipNewlines()
    if (this.#token.kind !== 'end') {
      throw new HoconSyntaxError(this.#token.at, 'text after the closing brace')
    }
    return { root, braced, shortKeys: this.#shortKeys }
  }

  #next(): HoconToken {
    this.#token = this.#tokens.next()
    return this.#token
  }

  #skipNewlines(): void {
    while (this.#token.kind === 'newline') this.#next()
  }

  /** Only what nests counts: the reader calls itself there. */
  #enter(at: number): void {
    if (++this.#depth > MAX_DEPTH) {
      throw new HoconSyntaxError(at, `more than ${MAX_DEPTH} blocks inside one another`)
    }
  }

  #count(at: number): void {
    if (++this.#nodes > MAX_NODES) {
      throw new HoconSyntaxError(at, `more than ${MAX_NODES} values`)
    }
  }

  #object(): HoconObject {
    const opened = this.#token
    this.#enter(opened.at)
    this.#next()
    const object = this.#fields(opened.at, opened)
    this.#depth--
    return object
  }

  #fields(at: number, opened: HoconToken | undefined): HoconObject {
    const fields: HoconField[] = []
    const seen = this.#strict ? new Set<string>() : undefined
    let comma: HoconToken | undefined
    for (;;) {
      this.#skipNewlines()
      const token = this.#token
      if (token.kind === '}') {
        if (!opened) throw new HoconSyntaxError(token.at, 'this } closes nothing')
        if (this.#strict && comma) throw new HoconSyntaxError(comma.at, 'a comma before }')
        this.#next()
        return { kind: 'object', fields, at, end: token.end }
      }
      if (token.kind === 'end') {
        if (opened) throw new HoconSyntaxError(opened.at, 'this { is never closed')
        return { kind: 'object', fields, at, end: token.end }
      }
      const field = this.#field()
      fields.push(field)
      if (seen) {
        const key = field.path[0] as string
        if (seen.has(key)) throw new HoconSyntaxError(field.at, `JSON has the key ${key} twice`)
        seen.add(key)
      }
      comma = this.#separator(opened)
    }
  }

  /** What may stand between two fields: newlines and at most one comma. */
  #separator(opened: HoconToken | undefined): HoconToken | undefined {
    const newline = this.#token.kind === 'newline'
    this.#isBehindComma = false
    this.#skipNewlines()
    const token = this.#token
    if (token.kind === ',') {
      this.#isBehindComma = this.#next().kind !== 'newline'
      this.#skipNewlines()
      if (this.#token.kind === ',') {
        throw new HoconSyntaxError(this.#token.at, 'two commas in a row')
      }
      return token
    }
    if (token.kind === '}' || token.kind === 'end') return undefined
    if (newline && !this.#strict) return undefined
    if (token.kind === ']') throw new HoconSyntaxError(token.at, 'this ] closes nothing')
    throw new HoconSyntaxError(
      token.at,
      `${shown(token)} is not expected here: a comma, a new line or ${opened ? 'a }' : 'the end'} is missing before it`
    )
  }

  #field(): HoconField {
    const { at } = this.#token
    this.#count(at)
    // What comes behind a comma on its line may be the rest of a secret.
    const isRest = this.#isBehindComma
    const first = this.#token.text
    const { text, path, quoted } = this.#key()
    const named = isRest ? 'this key' : `key ${text === first ? text : `${first} …`}`
    const gapLine = this.#token.kind === 'newline'
    this.#skipNewlines()
    const sign = this.#token
    if (sign.kind === '{' && !this.#strict) {
      return this.#done({ path, quoted, at, value: this.#object(), appends: false }, text)
    }
    if (!(sign.kind === ':' || (!this.#strict && (sign.kind === '=' || sign.kind === '+=')))) {
      if (gapLine || sign.kind === '}' || sign.kind === 'end' || sign.kind === ',') {
        throw new HoconSyntaxError(at, `${named} has no value`)
      }
      throw new HoconSyntaxError(
        sign.at,
        `${named} is followed by ${shown(sign)}: an =, a : or a { is missing`
      )
    }
    this.#next()
    const lineEnded = this.#token.kind === 'newline'
    this.#skipNewlines()
    const value = this.#value({ at, named, lineEnded })
    return this.#done({ path, quoted, at, value, appends: sign.kind === '+=' }, text)
  }

  #done(field: HoconField, key: string): HoconField {
    if (!field.quoted && key.length === 1) this.#shortKeys.push(field)
    return field
  }

  #key(): { text: string; path: readonly string[]; quoted: boolean } {
    const first = this.#token
    if (first.kind === 'unquoted' && first.text === 'include' && !this.#strict) {
      this.#refuseInclude(first)
    }
    let text = ''
    let quoted = false
    const parts: string[] = ['']
    while (this.#token.kind === 'unquoted' || this.#token.kind === 'quoted') {
      const token = this.#token
      if (this.#strict && token.kind !== 'quoted') {
        throw new HoconSyntaxError(token.at, 'a key in JSON needs quotes')
      }
      const gap = token.gap && text !== '' ? ' ' : ''
      if (token.kind === 'quoted' || !token.text.includes('->')) {
        parts[parts.length - 1] += gap + token.text
      } else {
        const [first = '', ...others] = token.text.split('->')
        if (others.length >= MAX_DEPTH) {
          throw new HoconSyntaxError(token.at, `more than ${MAX_DEPTH} keys in one path`)
        }
        parts[parts.length - 1] += gap + first
        parts.push(...others)
      }
      text += gap + token.text
      quoted ||= token.kind === 'quoted'
      this.#next()
      if (this.#strict) break
    }
    if (parts.length === 1 && text === '' && !quoted) this.#refuseKey(first)
    const path = parts.map((part) => part.trim())
    if (!quoted && path.some((part) => part === '')) {
      throw new HoconSyntaxError(first.at, `key ${text}: nothing stands beside ->`)
    }
    return { text, path, quoted }
  }

  #refuseKey(token: HoconToken): never {
    const messages: Partial<Record<HoconToken['kind'], string>> = {
      '=': 'a value without a key',
      ':': 'a value without a key',
      '+=': 'a value without a key',
      '{': 'a block without a name',
      '[': 'a block without a name',
      ']': 'this ] closes nothing',
      ',': 'a comma without something before it',
      reference: `a \${…} cannot stand for a key`
    }
    throw new HoconSyntaxError(token.at, messages[token.kind] ?? `${shown(token)} is no key`)
  }

  /** `include = 1` is a key like others to people, but not to the parser. */
  #refuseInclude(token: HoconToken): never {
    throw new HoconSyntaxError(
      token.at,
      'include is not accepted: it reads other files or addresses'
    )
  }

  #value(key: { at: number; named: string; lineEnded: boolean } | undefined): HoconNode {
    const begun = this.#token
    const first = this.#part(begun)
    if (!first) {
      if (key) throw new HoconSyntaxError(key.at, `${key.named} has no value`)
      throw new HoconSyntaxError(
        begun.at,
        `${shown(begun)} is not expected here: a value is missing`
      )
    }
    const value = this.#strict ? first : this.#withMore(first, begun.gap)
    if (key?.lineEnded && this.#looksLikeKey(first)) {
      throw new HoconSyntaxError(key.at, `${key.named} has no value`)
    }
    if (value.kind === 'concatenation') this.#checkMixture(value.parts)
    return value
  }

  /** The first part, or all that stand on its line. Most values have one, for which no lists are made. */
  #withMore(first: HoconNode, gap: boolean): HoconNode {
    let { gap: nextGap } = this.#token
    let next = this.#part(this.#token)
    if (!next) return first
    const parts = [first]
    const gaps = [gap]
    let last = first
    for (; next; next = this.#part(this.#token)) {
      parts.push(next)
      gaps.push(nextGap)
      last = next
      nextGap = this.#token.gap
    }
    return { kind: 'concatenation', parts, gaps, at: first.at, end: last.end }
  }

  /** After `key =` and a new line: `next = 1` is not the value of `key`; the parser fails at its `=`. */
  #looksLikeKey(first: HoconNode): boolean {
    const { kind } = this.#token
    return first.kind === 'text' && (kind === '=' || kind === ':' || kind === '+=')
  }

  #part(token: HoconToken): HoconNode | undefined {
    switch (token.kind) {
      case 'unquoted':
      case 'quoted':
        this.#count(token.at)
        this.#next()
        return {
          kind: 'text',
          text: token.text,
          quoted: token.kind === 'quoted',
          at: token.at,
          end: token.end
        }
      case 'reference':
        this.#count(token.at)
        this.#next()
        return referenceOf(token)
      case '{':
        this.#count(token.at)
        return this.#object()
      case '[':
        this.#count(token.at)
        return this.#list()
      default:
        return undefined
    }
  }

  #list(): HoconList {
    const opened = this.#token
    this.#enter(opened.at)
    this.#next()
    const items: HoconNode[] = []
    let comma: HoconToken | undefined
    for (;;) {
      this.#skipNewlines()
      const token = this.#token
      if (token.kind === ']') {
        if (this.#strict && comma) throw new HoconSyntaxError(comma.at, 'a comma before ]')
        this.#next()
        this.#depth--
        return { kind: 'list', items, at: opened.at, end: token.end }
      }
      if (token.kind === 'end') throw new HoconSyntaxError(opened.at, 'this [ is never closed')
      if (token.kind === ',') {
        throw new HoconSyntaxError(
          token.at,
          comma ? 'two commas in a row' : 'a comma without something before it'
        )
      }
      if (token.kind === '}') throw new HoconSyntaxError(token.at, 'this } closes nothing')
      items.push(this.#value(undefined))
      comma = this.#itemSeparator(opened)
    }
  }

  #itemSeparator(opened: HoconToken): HoconToken | undefined {
    const newline = this.#token.kind === 'newline'
    this.#skipNewlines()
    const token = this.#token
    if (token.kind === ',') {
      this.#next()
      return token
    }
    if (token.kind === ']') return undefined
    if (token.kind === 'end') throw new HoconSyntaxError(opened.at, 'this [ is never closed')
    if (token.kind === '}') throw new HoconSyntaxError(token.at, 'this } closes nothing')
    if (token.kind === '=' || token.kind === ':') {
      throw new HoconSyntaxError(opened.at, 'this [ is never closed')
    }
    if (newline && !this.#strict) return undefined
    throw new HoconSyntaxError(
      token.at,
      `${shown(token)} is not expected here: a comma or a ] is missing`
    )
  }

  #checkMixture(parts: readonly HoconNode[]): void {
    const kinds = new Set(parts.map(({ kind }) => kind))
    kinds.delete('reference')
    if (kinds.size < 2) return
    const second = parts.find(({ kind }) => kind !== parts[0]?.kind && kind !== 'reference')
    throw new HoconSyntaxError(
      second?.at ?? 0,
      'a block, a list and a text cannot be one value: a comma or a new line is missing'
    )
  }
}

function referenceOf(token: HoconToken): HoconReference {
  const optional = token.text.startsWith('?')
  const name = (optional ? token.text.slice(1) : token.text).trim()
  if (name === '') throw new HoconSyntaxError(token.at, `\${} names nothing`)
  const path = name.split('->').map((part) => part.trim().replace(/^"(.*)"$/, '$1'))
  return { kind: 'reference', path, name, optional, at: token.at, end: token.end }
}

function shown({ kind, text }: HoconToken): string {
  if (kind === 'end') return 'the end of the text'
  if (kind === 'newline') return 'the end of the line'
  // A text may be a part of a secret.
  if (kind === 'quoted' || kind === 'unquoted') return 'this text'
  const word = kind === 'reference' ? `\${${text}}` : text
  return word.length > 40 ? `${word.slice(0, 40)}…` : word
}
