import type { Goal } from '../benchmark.ts'
import { type Cell, ratio, withSpread } from './ratios.ts'
import { SERVERS, type ServerName } from './servers.ts'

/** A bound on how many times a figure of the gateway is that of a peer. */
export type RatioGoal = Readonly<{ peer: ServerName } & ({ least: number } | { mostP99: number })>

/** Each of the goals held against the cells. One that cannot be told, or for which the gateway failed, is not met. */
export function judged(what: string, cells: readonly Cell[], goals: readonly RatioGoal[]): Goal[] {
  const failed = cells.some(({ server, invalid }) => server === 'gateway' && invalid !== undefined)
  return goals.map((goal) => {
    const peer = SERVERS[goal.peer]
    const isRate = 'least' in goal
    const found = ratio(cells, 'gateway', goal.peer, isRate ? 'perSecond' : 'p99')
    const isWithin = isRate ? found.median >= goal.least : found.median <= goal.mostP99
    return {
      goal: isRate
        ? `${what} ≥ ${goal.least} × ${peer}`
        : `${what} p99 ≤ ${goal.mostP99} × ${peer}`,
      met: isWithin && !failed,
      figure: failed ? 'the gateway failed' : withSpread(found)
    }
  })
}
