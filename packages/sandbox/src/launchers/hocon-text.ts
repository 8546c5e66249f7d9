/**
 * Cursor over a HOCON text: blanks, comments, strings, numbers of lines. The grammar is in
 * `hocon.ts`.
 */
export class ConfigSyntaxError extends Error {
  readonly line: number

  constructor(line: number, message: string) {
    super(message)
    this.name = 'ConfigSyntaxError'
    this.line = line
  }
}

const NOT_UNQUOTED = new Set('$"{}[]:=,+#`^?!@*&\\\n'.split(''))
const ESCAPES: Record<string, string> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f' }

export class HoconText {
  readonly text: string
  /** Keys of one character are no fault. */
  readonly shortKeys: boolean
  at = 0

  constructor(text: string, shortKeys = false) {
    this.text = text
    this.shortKeys = shortKeys
  }

  get ended(): boolean {
    return this.at >= this.text.length
  }

  get current(): string {
    return this.text[this.at] ?? ''
  }

  startsWith(part: string): boolean {
    return this.text.startsWith(part, this.at)
  }

  fail(message: string): never {
    const line = this.text.slice(0, this.at).split('\n').length
    throw new ConfigSyntaxError(line, message)
  }

  /** Skips blanks, and comments up to (not past) the end of their line. */
  skipBlanks(): void {
    for (;;) {
      while (!this.ended && /[^\S\n]/.test(this.current)) this.at++
      if (this.current !== '#' && !this.startsWith('//')) return
      while (!this.ended && this.current !== '\n') this.at++
    }
  }

  /** Skips blanks, comments and the separators given besides. */
  skipAll(separators: string): void {
    for (;;) {
      this.skipBlanks()
      if (this.ended || !`\n${separators}`.includes(this.current)) return
      this.at++
    }
  }

  readQuoted(): string {
    if (this.startsWith('"""')) return this.#readTriple()
    this.at++
    let value = ''
    while (this.current !== '"') {
      if (this.ended || this.current === '\n')
        this.fail('End of input but string quote was still open')
      if (this.current === '\\') {
        this.at++
        value += this.#readEscape()
      } else {
        value += this.current
        this.at++
      }
    }
    this.at++
    return value
  }

  /** Text up to a character with a meaning of its own, blanks inside included. */
  readUnquoted(): string {
    const start = this.at
    while (!this.ended && !NOT_UNQUOTED.has(this.current) && !this.startsWith('//')) this.at++
    return this.text.slice(start, this.at)
  }

  #readTriple(): string {
    const start = this.at + 3
    const end = this.text.indexOf('"""', start)
    if (end === -1) this.fail('End of input but triple-quoted string was still open')
    let stop = end
    while (this.text[stop + 3] === '"') stop++
    this.at = stop + 3
    return this.text.slice(start, stop)
  }

  #readEscape(): string {
    const letter = this.current
    this.at++
    if (letter !== 'u') return ESCAPES[letter] ?? letter
    const code = this.text.slice(this.at, this.at + 4)
    if (!/^[0-9a-fA-F]{4}$/.test(code)) this.fail('Malformed hex digits after \\u in string')
    this.at += 4
    return String.fromCharCode(Number.parseInt(code, 16))
  }
}
