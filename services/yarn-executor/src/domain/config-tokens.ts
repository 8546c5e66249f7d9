/** Where something stands in a config text; both count from 1. */
export type Position = Readonly<{ line: number; column: number }>

export type ConfigToken = Position &
  Readonly<{
    /** `text` is unquoted; `unterminated` is the last token of a text that ends inside quotes or `${`. */
    kind:
      | 'text'
      | 'quoted'
      | 'substitution'
      | 'blank'
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
  }>

const BRACKETS = new Set(['{', '}', '[', ']', ','])
/** What ends an unquoted text (HOCON specification, "Unquoted strings"), beside blanks and `//`. */
const ENDS_TEXT = new Set('{}[]:=,+#"$')
const BLANK = /[\s\uFEFF\u180E]/
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f' }

/** The tokens of a HOCON text, comments left out, in one pass. */
export function* configTokens(source: string): Generator<ConfigToken> {
  let at = 0
  let line = 1
  let lineStart = 0
  while (at < source.length) {
    const start = at
    const position = { line, column: at - lineStart + 1 }
    const char = source[at] as string
    if (char === '\n') {
      at++
      yield { kind: 'newline', text: char, ...position }
    } else if (isBlank(char)) {
      at++
      yield { kind: 'blank', text: char, ...position }
    } else if (isComment(source, at)) {
      const end = source.indexOf('\n', at)
      at = end < 0 ? source.length : end
    } else if (char === '"' || source.startsWith('${', at)) {
      const piece = char === '"' ? quoted(source, at) : substitution(source, at)
      if (!piece) return yield { kind: 'unterminated', text: char, ...position }
      at = piece.end
      yield { kind: char === '"' ? 'quoted' : 'substitution', text: piece.text, ...position }
    } else if (BRACKETS.has(char)) {
      at++
      yield { kind: char as ',', text: char, ...position }
    } else if (char === '=' || char === ':' || source.startsWith('+=', at)) {
      at += char === '+' ? 2 : 1
      yield { kind: 'separator', text: char, ...position }
    } else {
      do at++
      while (at < source.length && !endsText(source, at))
      yield { kind: 'text', text: source.slice(start, at), ...position }
    }
    for (let i = start; i < at; i++) {
      if (source[i] !== '\n') continue
      line++
      lineStart = i + 1
    }
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
  return (char >= '\x1C' && char <= '\x1F') || BLANK.test(char)
}

function endsText(source: string, at: number): boolean {
  const char = source[at] as string
  return ENDS_TEXT.has(char) || isBlank(char) || isComment(source, at)
}
