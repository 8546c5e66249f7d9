import { duration, megabytes } from '../figures.ts'
import { type Cell, figure, ratio, withSpread } from './ratios.ts'
import { SERVERS, type ServerName } from './servers.ts'

export type TableOptions = Readonly<{
  cells: readonly Cell[]
  /** By name of server, bytes. */
  peaks: Readonly<Record<string, number>>
  /** Of the first column of figures, and how they are told. */
  rate: Readonly<{ title: string; text: (perSecond: number) => string }>
  /** What the processor time is counted by. */
  cpuTitle: string
}>

/** A line for each server that was measured, the gateway first. Medians; ratios with their ends. */
export function table({ cells, peaks, rate, cpuTitle }: TableOptions): string[] {
  const names = (Object.keys(SERVERS) as ServerName[]).filter((name) =>
    cells.some(({ server }) => server === name)
  )
  const heads = ['', rate.title, 'gateway is … times it', 'p50', 'p99', cpuTitle, 'RSS peak']
  const rows = names.map((name) => [
    SERVERS[name],
    text(figure(cells, name, 'perSecond').median, rate.text),
    name === 'gateway' ? '' : withSpread(ratio(cells, 'gateway', name)),
    duration(figure(cells, name, 'p50').median),
    duration(figure(cells, name, 'p99').median),
    text(figure(cells, name, 'cpuUs').median, (us) => `${us.toFixed(0)} µs`),
    text(peaks[name] ?? Number.NaN, megabytes)
  ])
  return [...aligned([heads, ...rows]), ...invalid(cells)]
}

/** What does not count, and why. */
export function invalid(cells: readonly Cell[]): string[] {
  return cells.flatMap(({ server, round, invalid: why }) =>
    why === undefined ? [] : [`  INVALID: ${SERVERS[server]}, round ${round}: ${why}`]
  )
}

function text(value: number, told: (value: number) => string): string {
  return Number.isNaN(value) ? '–' : told(value)
}

/** The first column to the left, the others to the right. */
function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]?.map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0))) ?? []
  return rows.map((row) =>
    row
      .map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)))
      .join('  ')
      .trimEnd()
  )
}
