/** Where something stands in a config text; both count from 1. */
export type Position = Readonly<{ line: number; column: number }>

export type ConfigToken = Position &
  Readonly<{
    /** `text` is unquoted; `unterminated` is the last token of a text that ends inside quotes or `${`. */
    kind:
      | 'text'
      | 'quoted'
      | 'substitution'
      | 'newline'
      | '{'
      | '}'
      | '['
      | ']'
      | ','
      | 'separator'
      | 'unterminated'
    /** Quoted: without the quotes, escapes resolved. */
    text: string
    /** Blanks came before it on its line; a comment is none. */
    gap: boolean
  }>

const BRACKETS = new Set(['{', '}', '[', ']', ','])
/** What ends an unquoted text (HOCON specification, "Unquoted strings"), beside blanks and `//`. */
const ENDS_TEXT = new Set('{}[]:=,+#"$')
const BLANK = /[\s\uFEFF\u180E]/
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f' }

/** Reads the tokens of a HOCON text one by one, blanks and comments left out, in one pass. Never throws. */
export class ConfigTokens {
  readonly #source: string
  #at = 0
  #line = 1
  #lineStart = 0

  constructor(source: string) {
    this.#source = source
  }

  /** Undefined at the end, and after what never ends. */
  next(): ConfigToken | undefined {
    const source = this.#source
    const gap = this.#skip()
    const start = this.#at
    if (start >= source.length) return undefined
    const char = source[start] as string
    if (char === '\n') {
      const newline = this.#token('newline', char, start + 1, gap)
      this.#line++
      this.#lineStart = this.#at
      return newline
    }
    if (char === '"' || source.startsWith('${', start)) return this.#longToken(char, gap)
    if (BRACKETS.has(char)) return this.#token(char as ',', char, start + 1, gap)
    if (char === '=' || char === ':') return this.#token('separator', char, start + 1, gap)
    if (source.startsWith('+=', start)) return this.#token('separator', char, start + 2, gap)
    let end = start + 1
    while (end < source.length && !endsText(source, end)) end++
    return this.#token('text', source.slice(start, end), end, gap)
  }

  #longToken(char: string, gap: boolean): ConfigToken {
    const source = this.#source
    const start = this.#at
    const piece = char === '"' ? quoted(source, start) : substitution(source, start)
    if (!piece) return this.#token('unterminated', char, source.length, gap)
    const token = this.#token(char === '"' ? 'quoted' : 'substitution', piece.text, piece.end, gap)
    let newline = source.lastIndexOf('\n', piece.end - 1)
    if (newline < start) return token
    this.#lineStart = newline + 1
    for (; newline >= start; newline = source.lastIndexOf('\n', newline - 1)) this.#line++
    return token
  }

  #token(kind: ConfigToken['kind'], text: string, end: number, gap: boolean): ConfigToken {
    const column = this.#at - this.#lineStart + 1
    this.#at = end
    return { kind, text, line: this.#line, column, gap }
  }

  /** Up to the next token or the end of the line; whether there were blanks. */
  #skip(): boolean {
    const source = this.#source
    let gap = false
    for (; this.#at < source.length; this.#at++) {
      const char = source[this.#at] as string
      if (char === '\n') break
      if (isBlank(char)) gap = true
      else if (isComment(source, this.#at)) {
        const end = source.indexOf('\n', this.#at)
        this.#at = end < 0 ? source.length : end
        break
      } else break
    }
    return gap
  }
}

type Piece = Readonly<{ text: string; end: number }>

/** `"…"` on one line, or `"""…"""` over several. */
function quoted(source: string, start: number): Piece | undefined {
  if (source.startsWith('"""', start)) {
    let end = source.indexOf('"""', start + 3)
    if (end < 0) return undefined
    end += 3
    while (source[end] === '"') end++
    return { text: source.slice(start + 3, end - 3), end }
  }
  let text = ''
  for (let i = start + 1; i < source.length; i++) {
    const char = source[i] as string
    if (char === '"') return { text, end: i + 1 }
    if (char === '\n') return undefined
    if (char !== '\\') {
      text += char
      continue
    }
    const escaped = source[++i] ?? ''
    const digits = source.slice(i + 1, i + 5)
    if (escaped === 'u' && /^[\da-f]{4}$/i.test(digits)) {
      text += String.fromCharCode(Number.parseInt(digits, 16))
      i += 4
    } else text += ESCAPES[escaped] ?? escaped
  }
  return undefined
}

/** `${…}`; quoted text inside may hold braces. Kept as written. */
function substitution(source: string, start: number): Piece | undefined {
  let at = start + 2
  while (at < source.length && source[at] !== '}') {
    if (source[at] === '\n') return undefined
    if (source[at] !== '"') at++
    else {
      const piece = quoted(source, at)
      if (!piece) return undefined
      at = piece.end
    }
  }
  return at < source.length ? { text: source.slice(start, at + 1), end: at + 1 } : undefined
}

function isComment(source: string, at: number): boolean {
  return source[at] === '#' || (source[at] === '/' && source[at + 1] === '/')
}

/** As the launcher's Java sees it: there the four separators of ASCII are blanks too, and U+180E in old versions. */
function isBlank(char: string): boolean {
  if (char > ' ' && char <= '~') return false
  if (char === ' ' || char === '\n') return true
  return (char >= '\x1C' && char <= '\x1F') || BLANK.test(char)
}

function endsText(source: string, at: number): boolean {
  const char = source[at] as string
  return ENDS_TEXT.has(char) || isBlank(char) || isComment(source, at)
}
