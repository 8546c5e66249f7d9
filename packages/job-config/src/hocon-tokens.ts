/** What the launchers' parser makes of a text, blanks and comments between tokens left out. */
export type HoconToken = Readonly<{
  kind:
    | 'unquoted'
    | 'quoted'
    | 'reference'
    | 'newline'
    | 'end'
    | '{'
    | '}'
    | '['
    | ']'
    | ','
    | '='
    | ':'
    | '+='
  /** Quoted: without the quotes, escapes resolved. A reference: what stands between the braces. */
  text: string
  /** Offset in UTF-16 units. */
  at: number
  end: number
  /** Blanks or a comment came before it on its line. */
  gap: boolean
}>

/** The text breaks the format at `at`. */
export class HoconSyntaxError extends Error {
  readonly at: number

  constructor(at: number, message: string) {
    super(message)
    this.name = 'HoconSyntaxError'
    this.at = at
  }
}

const QUOTE = 0x22
const HASH = 0x23
const DOLLAR = 0x24
const PLUS = 0x2b
const SLASH = 0x2f
const NEWLINE = 0x0a
const BACKSLASH = 0x5c
const SIGNS = new Map(
  (['{', '}', '[', ']', ',', '=', ':'] as const).map((sign) => [sign.charCodeAt(0), sign])
)
/** Of the specification's "unquoted strings"; what is no token of its own is an error outside quotes. */
const ENDS_UNQUOTED = new Set([...'$"{}[]:=,+#`^?!@*&\\'].map((char) => char.charCodeAt(0)))
const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t'
}
/** A number keeps the signs that an unquoted text must not have: `1e+5`. */
const NUMBER = /-?\d[\d.]*(?:[eE][+-]?\d+)?/y

/**
 * The name in a reference. Comments, escapes, triple quotes and further references may hold a brace or a quote that does
 * not count for the launcher's parser: they are refused, so that both see the same end.
 */
const NAMED = /(?:[^"#$\\{}\n/]|\/(?!\/)|"[^"\\\n]+")*/y

/** Reads tokens one by one, in one pass over the text. */
export class HoconTokens {
  readonly #text: string
  /** JSON: no comments, no unquoted texts but numbers and the three words, no triple quotes, no references. */
  readonly #strict: boolean
  #at: number

  constructor(text: string, options: Readonly<{ strict: boolean }>) {
    this.#text = text
    this.#strict = options.strict
    this.#at = text.charCodeAt(0) === 0xfeff ? 1 : 0
  }

  /** @throws HoconSyntaxError */
  next(): HoconToken {
    const text = this.#text
    const gap = this.#skipBlanks()
    const at = this.#at
    if (at >= text.length) return { kind: 'end', text: '', at, end: at, gap }
    const code = text.charCodeAt(at)
    if (code === NEWLINE) return this.#take('newline', '\n', 1, gap)
    if (code === QUOTE) return this.#quoted(gap)
    const sign = SIGNS.get(code)
    if (sign) return this.#take(sign, sign, 1, gap)
    if (code === DOLLAR) return this.#reference(gap)
    if (code === PLUS) {
      if (text.charCodeAt(at + 1) === 0x3d) return this.#take('+=', '+=', 2, gap)
      throw new HoconSyntaxError(
        at,
        "'+' stands alone: += adds to a list, and a text with + needs quotes"
      )
    }
    if (ENDS_UNQUOTED.has(code)) {
      throw new HoconSyntaxError(
        at,
        `the character ${text[at]} is not allowed outside quotes: put the whole value in double quotes`
      )
    }
    return this.#unquoted(gap)
  }

  #take(kind: HoconToken['kind'], text: string, length: number, gap: boolean): HoconToken {
    const at = this.#at
    this.#at += length
    return { kind, text, at, end: this.#at, gap }
  }

  #skipBlanks(): boolean {
    const text = this.#text
    const begun = this.#at
    for (; this.#at < text.length; this.#at++) {
      const code = text.charCodeAt(this.#at)
      if (code === NEWLINE) break
      if (isBlank(code)) continue
      if (!this.#commentAt(this.#at)) break
      const end = text.indexOf('\n', this.#at)
      this.#at = end < 0 ? text.length : end
      break
    }
    return this.#at > begun
  }

  #commentAt(at: number): boolean {
    if (this.#strict) return false
    const code = this.#text.charCodeAt(at)
    return code === HASH || (code === SLASH && this.#text.charCodeAt(at + 1) === SLASH)
  }

  #unquoted(gap: boolean): HoconToken {
    const text = this.#text
    const at = this.#at
    NUMBER.lastIndex = at
    let end = NUMBER.test(text) ? NUMBER.lastIndex : at
    while (end < text.length) {
      const code = text.charCodeAt(end)
      if (code === NEWLINE || ENDS_UNQUOTED.has(code) || isBlank(code) || this.#commentAt(end))
        break
      end++
    }
    if (end === at) end++
    const word = text.slice(at, end)
    if (this.#strict && !isJsonWord(word)) {
      // Not the text itself, which may be a secret.
      const message = word.startsWith('//')
        ? 'JSON has no comments'
        : 'a text in JSON has to be in double quotes'
      throw new HoconSyntaxError(at, message)
    }
    this.#at = end
    return { kind: 'unquoted', text: word, at, end, gap }
  }

  #quoted(gap: boolean): HoconToken {
    const text = this.#text
    const at = this.#at
    if (!this.#strict && text.startsWith('"""', at)) {
      let end = text.indexOf('"""', at + 3)
      if (end < 0) throw new HoconSyntaxError(at, 'this """ never ends')
      end += 3
      while (text.charCodeAt(end) === QUOTE) end++
      this.#at = end
      return { kind: 'quoted', text: text.slice(at + 3, end - 3), at, end, gap }
    }
    const pieces: string[] = []
    let from = at + 1
    let here = from
    for (;;) {
      const code = text.charCodeAt(here)
      if (code === QUOTE) break
      // NaN at the end of the text; a line's end inside quotes is an error to the parser, too.
      if (Number.isNaN(code) || code === NEWLINE || code === 0x0d) {
        throw new HoconSyntaxError(at, 'this quoted text never ends')
      }
      if (code < 0x20) {
        const name =
          code === 9 ? 'a tab (write \\t)' : `a control character (0x${code.toString(16)})`
        throw new HoconSyntaxError(here, `a quoted text must not hold ${name}`)
      }
      if (code !== BACKSLASH) {
        here++
        continue
      }
      pieces.push(text.slice(from, here))
      here = this.#escape(here, pieces)
      from = here
    }
    pieces.push(text.slice(from, here))
    this.#at = here + 1
    return { kind: 'quoted', text: pieces.join(''), at, end: this.#at, gap }
  }

  #escape(at: number, pieces: string[]): number {
    const char = this.#text[at + 1] ?? ''
    if (char === 'u') {
      const digits = this.#text.slice(at + 2, at + 6)
      if (!/^[\da-f]{4}$/i.test(digits)) {
        throw new HoconSyntaxError(at, '\\u must be followed by four hexadecimal digits')
      }
      pieces.push(String.fromCharCode(Number.parseInt(digits, 16)))
      return at + 6
    }
    const meant = ESCAPES[char]
    if (meant === undefined) {
      if (char === '' || char === '\n' || char === '\r') {
        throw new HoconSyntaxError(at, 'this quoted text never ends')
      }
      throw new HoconSyntaxError(
        at,
        `\\${char} is no escape: a backslash in quotes is written \\\\ (or use """…""")`
      )
    }
    pieces.push(meant)
    return at + 2
  }

  /** `${path}`, `${?path}`; quoted parts may hold braces. */
  #reference(gap: boolean): HoconToken {
    const text = this.#text
    const at = this.#at
    if (text[at + 1] !== '{') {
      throw new HoconSyntaxError(
        at,
        `$ outside quotes must begin a \${…}: put the value in double quotes`
      )
    }
    if (this.#strict) throw new HoconSyntaxError(at, `\${…} is not allowed in JSON`)
    NAMED.lastIndex = at + 2
    const named = NAMED.exec(text)?.[0] ?? ''
    const end = at + 2 + named.length
    const stop = text[end] ?? '\n'
    if (stop !== '}') {
      const what = stop === '\n' ? 'never ends' : `must hold a name only, and not ${stop}`
      throw new HoconSyntaxError(at, `this \${ ${what}`)
    }
    this.#at = end + 1
    return { kind: 'reference', text: named, at, end: this.#at, gap }
  }
}

/** As the launcher's Java sees it: the four separators of ASCII and U+FEFF are blanks, too. */
function isBlank(code: number): boolean {
  if (code > 0x20 && code < 0x7f) return false
  if (code === 0x20 || (code >= 0x09 && code <= 0x0d) || (code >= 0x1c && code <= 0x1f)) return true
  return code > 0x7f && (code === 0x180e || /[\s\uFEFF]/.test(String.fromCharCode(code)))
}

function isJsonWord(word: string): boolean {
  return /^(true|false|null|-?\d[\d.eE+-]*)$/.test(word)
}
