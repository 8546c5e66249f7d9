import { truncateSync } from 'node:fs'
import { usageOf } from './process-usage.ts'
import { type Cell, shuffled } from './ratios.ts'
import type { RunningServer } from './servers.ts'

/** What one server did once; rates as in Cell. `units`: what processor time is divided by. */
export type Measured = Omit<Cell, 'server' | 'round' | 'cpuUs'> & Readonly<{ units: number }>

export type Rounds = Readonly<{
  rounds: number
  /** No round but the first is begun after this moment of `performance.now()`. Default: never too late. */
  latestBegin?: number
}>

/** Every server once a round, in another order each round, so that what else the machine does meets all of them. */
export async function measureRounds(
  servers: readonly RunningServer[],
  { rounds, latestBegin = Number.POSITIVE_INFINITY }: Rounds,
  measureOne: (server: RunningServer) => Promise<Measured>
): Promise<Cell[]> {
  const cells: Cell[] = []
  for (let round = 1; round <= rounds; round += 1) {
    if (round > 1 && performance.now() > latestBegin) break
    for (const server of shuffled(servers)) {
      const before = usageOf(server.pids).cpuMs
      const { units, ...measured } = await measureOne(server)
      const cpuMs = usageOf(server.pids).cpuMs - before
      cells.push({ server: server.name, round, ...measured, cpuUs: (cpuMs * 1000) / units })
      // It would fill the disk.
      truncateSync(server.log)
    }
  }
  return cells
}

/** The most memory that each has had so far, in bytes. */
export function peaks(servers: readonly RunningServer[]): Record<string, number> {
  return Object.fromEntries(servers.map(({ name, pids }) => [name, usageOf(pids).peakBytes]))
}
