/**
 * Where a cause shows. `launcher`: in the output of a launcher that made no application, and then it is what a failed
 * start answers; `log`: in any log of the job; `end`, `wait`: in what the ResourceManager says of an application that is
 * over, or that waits.
 */
export type Place = 'launcher' | 'log' | 'end' | 'wait'

/** One thing that goes wrong, and how it is recognised. */
export type KnownCause = Readonly<{
  /** Stable, upper snake case; several entries may share one. */
  code: string
  in: readonly Place[]
  /** Each matching line has one of these texts: others are not tried. */
  marks: readonly string[]
  /** One line, linear in its length. */
  pattern: RegExp
  /** Plain English; `$1` and so on are the pattern's groups. */
  sentence: string
  /** The same with more particulars, for the diagnosis; `$x` is the root of the exception that the line belongs to. */
  fullSentence?: string
  advice: string
  /** A line of the same stack trace has it, too. */
  within?: RegExp
  /** Lines after the match that belong to it. */
  following?: number
  /** The job's own word that it failed, which it prints and then ends with 0 (waterdrop.md §1.2). */
  swallowed?: true
  /**
   * 1: nothing that is logged leads to it. 2: it may be a cause, or follow from another one. 3: it follows from something,
   * which is the better answer when it is found. 4: it says no more than that it ended.
   */
  rank: 1 | 2 | 3 | 4
  /** A program's own words, whatever the line looks like: also without a level, also in a line of level INFO. */
  bare?: true
  /** What caused it in turn is of no interest. */
  endsChain?: true
}>
