/** A goal that a figure is held against. */
export type Goal = Readonly<{ goal: string; met: boolean; figure: string }>

/** What one part of a benchmark has found. */
export type PartResult = Readonly<{
  /** Printed at once. */
  lines: readonly string[]
  /** Its share of the last line. */
  summary: string
  goals: readonly Goal[]
  /** For the file: plain JSON. */
  figures: Readonly<Record<string, unknown>>
}>

export type BenchContext = Readonly<{
  /** Small numbers, within a minute; the figures say less. */
  quick: boolean
  /** A scratch directory, removed afterwards. */
  directory: string
  /** Registers what has to be ended when the part is over, whatever became of it. */
  onEnd: (end: () => Promise<unknown>) => void
}>

export type Part = Readonly<{ name: string; run: (context: BenchContext) => Promise<PartResult> }>

/** One subject of `npm run bench`: its parts are run one after the other. */
export type Benchmark = Readonly<{ name: string; parts: readonly Part[] }>
