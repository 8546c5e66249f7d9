import type { ConfigText } from '../config-text.ts'
import type { Finding, Severity } from '../finding.ts'

const MAX_FINDINGS = 100

type Found = Readonly<{
  severity: Severity
  code: string
  /** Offset of what is wrong. */
  at: number
  message: string
  suggestion?: string | undefined
}>

/** Collects what the checks find in one config; more than 100 are not kept. */
export class FoundThings {
  readonly #things: Found[] = []

  add(thing: Found): void {
    if (this.#things.length < MAX_FINDINGS) this.#things.push(thing)
  }

  error(code: string, at: number, message: string, suggestion?: string): void {
    this.add({ severity: 'error', code, at, message, suggestion })
  }

  warning(code: string, at: number, message: string, suggestion?: string): void {
    this.add({ severity: 'warning', code, at, message, suggestion })
  }

  info(code: string, at: number, message: string, suggestion?: string): void {
    this.add({ severity: 'info', code, at, message, suggestion })
  }

  /** In the order of the text. */
  inText(text: ConfigText): Finding[] {
    return this.#things
      .toSorted((one, other) => one.at - other.at)
      .map(({ severity, code, at, message, suggestion }) => {
        const { line, column } = text.positionOf(at)
        const lineText = text.lineText(line)
        return {
          severity,
          code,
          message,
          path: 'configFile',
          line,
          column,
          lineText,
          ...(suggestion === undefined ? {} : { suggestion })
        }
      })
  }
}
