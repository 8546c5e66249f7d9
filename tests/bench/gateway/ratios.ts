import { median } from '../figures.ts'
import type { ServerName } from './servers.ts'

/** What one server did in one round. */
export type Cell = Readonly<{
  server: ServerName
  round: number
  /** Why it does not count: an answer that was none, or an error. */
  invalid?: string
  /** Requests a second; for a download bytes a second. */
  perSecond: number
  /** Latencies, ms. */
  p50: number
  p99: number
  /** Processor time of all that belongs to the server, µs a request; for a download a MB. */
  cpuUs: number
}>

/** The middle, the ends, and of how many rounds. */
export type Spread = Readonly<{ median: number; least: number; most: number; rounds: number }>

export function spreadOf(values: readonly number[]): Spread {
  const ends =
    values.length > 0
      ? { least: Math.min(...values), most: Math.max(...values) }
      : { least: Number.NaN, most: Number.NaN }
  return { median: median(values), ...ends, rounds: values.length }
}

/**
 * How many times one server's figure is that of another one, *within each round*: what else the machine does then meets
 * both. Rounds in which one of the two is invalid do not count.
 */
export function ratio(
  cells: readonly Cell[],
  server: ServerName,
  to: ServerName,
  figure: 'perSecond' | 'p99' = 'perSecond'
): Spread {
  const ratios = valid(cells, server).flatMap((one) => {
    const other = valid(cells, to).find(({ round }) => round === one.round)
    return other && other[figure] > 0 ? [one[figure] / other[figure]] : []
  })
  return spreadOf(ratios)
}

/** A server's figure over its valid rounds. */
export function figure(
  cells: readonly Cell[],
  server: ServerName,
  name: 'perSecond' | 'p50' | 'p99' | 'cpuUs'
): Spread {
  return spreadOf(valid(cells, server).map((cell) => cell[name]))
}

function valid(cells: readonly Cell[], server: ServerName): Cell[] {
  return cells.filter((cell) => cell.server === server && cell.invalid === undefined)
}

/** `1.71`, `–` when there is none. */
export function times(value: number): string {
  return Number.isNaN(value) ? '–' : value.toFixed(2)
}

/** `1.71 (1.60–1.85)` */
export function withSpread({ median: middle, least, most }: Spread): string {
  return Number.isNaN(middle) ? '–' : `${times(middle)} (${times(least)}–${times(most)})`
}

/** The given in another order each time. */
export function shuffled<T>(values: readonly T[], random: () => number = Math.random): T[] {
  return values
    .map((value) => ({ value, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ value }) => value)
}
