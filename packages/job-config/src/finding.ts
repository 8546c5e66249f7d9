/**
 * `error`: the job would not run, or not as it is written; a start is refused. `warning`: most likely a mistake, which
 * the launcher may still take. `info`: worth knowing.
 */
export type Severity = 'error' | 'warning' | 'info'

/** One thing that is wrong, or may be, with what somebody wants to run. */
export type Finding = Readonly<{
  severity: Severity
  /** Stable, upper snake case. */
  code: string
  /** What is wrong and what would be right, plain English, without the place. */
  message: string
  /** Which part of the request: `configFile`, `taskName`, `queue`, `variables.city`, … */
  path: string
  /** Place in the config, counted from 1; `column` in UTF-16 units, as editors count. */
  line?: number
  column?: number
  /** The offending line of the config, cut to 200 characters, its secrets masked. */
  lineText?: string
  /** What was probably meant: the nearest known name. */
  suggestion?: string
}>
