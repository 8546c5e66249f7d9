/** A line that is searched: without its end, cut. `cursor` is the `from` with which the job's log begins with it. */
export type TextLine = Readonly<{ text: string; cursor: number | null }>

/** What one source said: of a log its beginning and its end. */
export type SourceText = Readonly<{
  /** As a line of the log has it (`launcher/stderr`, `am/<container>/stdout`), or `yarn`, `executor`. */
  source: string
  lines: readonly TextLine[]
}>

/** More of a line is not looked at. */
export const LONGEST_LINE = 2000

/** A text as lines, without a place in a log. */
export function linesOf(text: string): TextLine[] {
  return text.split(/\r?\n/).map((line) => ({ text: line.slice(0, LONGEST_LINE), cursor: null }))
}

/** `26/11/22 11:23:00 WARN `, `2026-11-22 11:19:24,737 INFO  `, `[2026-11-22 11:19:31.226]` */
const LOGGED =
  /^\[?\d{2,4}[-/]\d{2}[-/]\d{2}[ T]\d{2}:\d{2}:\d{2}(?:[.,]\d{3})?\]? ?(?:\[?(TRACE|DEBUG|INFO|WARN|WARNING|ERROR|FATAL)\]?\s)?/
/** `java.lang.X: …`, `Caused by: …`, `Exception in thread "main" …`, `ValueError: …`, `: java.lang.X: …` */
const EXCEPTION =
  /^(?:Caused by: |Exception in thread "[^"]{0,100}" |: |#\s{1,4}|\[wrapped\] )?(?:[\w$]{1,80}\.){0,12}[\w$]{0,100}(?:Exception|Error|Failure|Interrupt|Exit|Throwable)(?::|\s*$)/
const IN_TRACE = /^(?:\s{1,8}at |\s{1,8}\.\.\. \d|\s{2,}\S|Caused by: |\s{0,8}Suppressed: |\s*$)/
const ERROR_WORD =
  /^\s{0,4}(?:\[?(?:ERROR|FATAL)\]?[ :]|Error: |bash: |sh: |\/\S{1,200}: line \d{1,6}: )/

/** How far a line is to be trusted: 3 an exception or error, 2 a program's word, 1 a warning, 0 anything, also data. */
export type Weight = 0 | 1 | 2 | 3

/**
 * The weight of a line, by its form; undefined when it is reported in passing (INFO and below). Data that jobs print has
 * no form: on an output stream a line without one may be data.
 */
export function weightOf(text: string, source: string): Weight | undefined {
  const level = LOGGED.exec(text)
  if (level?.[1] !== undefined) {
    if (level[1] === 'ERROR' || level[1] === 'FATAL') return 3
    return level[1].startsWith('WARN') ? 1 : undefined
  }
  if (EXCEPTION.test(text) || ERROR_WORD.test(text)) return 3
  return /(?:stdout|\.out)$/.test(source) ? 0 : 2
}

/** It belongs to the exception of a line before it. */
export function continuesTrace(text: string): boolean {
  return IN_TRACE.test(text)
}

/** It says what was thrown. */
export function isException(text: string): boolean {
  return EXCEPTION.test(text)
}

/** A program logged it, with its time. */
export function isLogged(text: string): boolean {
  return LOGGED.test(text)
}
