import type { Position } from './config-tokens.ts'

const MAX_LINE_TEXT = 200
/** Of a longer line, as a config in one line is. */
const MAX_MASKED = 16 * 1024
const MASK = '******'
/** From the value of a key that may be a secret's on, nothing of a line is shown. */
const SECRET_ON_LINE =
  /((?:password|passwd|passphrase|(?<![a-z])pass|pwd|secret|token|credential|authorization|auth(?:orization)?[_-]?code|(?:access|secret|api|private)[_.-]?key)s?["']?\s*[=:{][\s"']*).*$/i
/** The same where the sign is missing between the key and its value. */
const SECRET_WITHOUT_SIGN =
  /((?:^|[{,])\s*["']?[\w.-]*(?:password|passwd|passphrase|(?<![a-z])pass|pwd|secret|token|credential|(?:access|secret|api|private)[_.-]?key)s?["']?\s+)[^\s=:{].*$/i

/** A line without its secrets: `number` from 1. */
export type MaskLine = (line: string, number: number) => string
/** What masks the lines of a text. It reads the text once, for however many of them. */
export type MaskText = (text: string) => MaskLine

/** Where things stand in a text, and its lines as others than its owner may see them. */
export class ConfigText {
  readonly #text: string
  readonly #mask: MaskText
  readonly #lineStarts: number[] = [0]
  #maskLine: MaskLine | undefined

  constructor(text: string, mask: MaskText) {
    this.#text = text
    this.#mask = mask
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) {
      this.#lineStarts.push(at + 1)
    }
  }

  /** Line and column of an offset, both from 1. */
  positionOf(at: number): Position {
    let low = 0
    let high = this.#lineStarts.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((this.#lineStarts[middle] ?? 0) <= at) low = middle
      else high = middle - 1
    }
    return { line: low + 1, column: at - (this.#lineStarts[low] ?? 0) + 1 }
  }

  /** One line, secrets masked, at most 200 characters. */
  lineText(line: number): string {
    this.#maskLine ??= this.#mask(this.#text)
    const start = this.#lineStarts[line - 1] ?? this.#text.length
    const end = (this.#lineStarts[line] ?? this.#text.length + 1) - 1
    const shown = this.#text.slice(start, end).slice(0, MAX_MASKED)
    const text = this.#maskLine(shown, line)
      .slice(0, 4 * MAX_LINE_TEXT)
      .replace(SECRET_ON_LINE, `$1${MASK}`)
      .replace(SECRET_WITHOUT_SIGN, `$1${MASK}`)
      .trimEnd()
    return text.length > MAX_LINE_TEXT ? `${text.slice(0, MAX_LINE_TEXT - 1)}…` : text
  }
}
