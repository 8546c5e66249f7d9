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

/** Collects what the checks find in one config. Of more than 100 the worst are kept. */
export class FoundThings {
  readonly #things: Readonly<Record<Severity, Found[]>> = { error: [], warning: [], info: [] }

  add(thing: Found): void {
    const things = this.#things[thing.severity]
    if (things.length < MAX_FINDINGS) things.push(thing)
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
    const { error, warning, info } = this.#things
    return [...error, ...warning, ...info]
      .slice(0, MAX_FINDINGS)
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
