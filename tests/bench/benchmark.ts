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
  /** Where a file of this name stays: beside the JSON file. */
  kept: (name: string) => string
  /** For what is of use while it still runs. */
  print: (line: string) => void
  /** Registers what has to be ended when the part is over, whatever became of it. */
  onEnd: (end: () => Promise<unknown>) => void
}>

export type Part = Readonly<{
  name: string
  /** Left out of a quick run, unless it is asked for by name. */
  onlyFull?: true
  run: (context: BenchContext) => Promise<PartResult>
}>

/** One subject of `npm run bench`: its parts are run one after the other. */
export type Benchmark = Readonly<{
  name: string
  parts: readonly Part[]
  /** No part is begun later than this after the first one, in a full run and in a quick one. Default: 10 minutes and one. */
  latestBeginMs?: Readonly<{ full: number; quick: number }>
  /** Takes the place of the usual last line, which is then the last but one. Nothing, when what it needs was not run. */
  lastLine?: (results: Readonly<Record<string, PartResult>>) => string | undefined
}>

/** Thrown by a part for what this machine lacks; told in one sentence, exit code 2. */
export class Lacking extends Error {}

/** Thrown by a run that SIGINT or SIGTERM has ended. */
export class Interrupted extends Error {}
