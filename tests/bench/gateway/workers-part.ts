import type { BenchContext, Part, PartResult } from '../benchmark.ts'
import { measureRounds } from './measure.ts'
import { SMALL } from './parts.ts'
import { allowedCores } from './placement.ts'
import { figure, ratio, withSpread } from './ratios.ts'
import { once } from './request-part.ts'
import { checkServer } from './sanity.ts'
import { startGateway } from './servers.ts'
import { makeSurroundings } from './surroundings.ts'

/** Two for the workers, and two for what asks them and what they ask. */
const LEAST_CORES = 4
const WORKERS = 2
const GOAL = 1.7

/** Two workers beside one, each with a core of its own. */
export const workers: Part = { name: 'workers', onlyFull: true, run }

async function run(context: BenchContext): Promise<PartResult> {
  const { length } = allowedCores()
  if (length < LEAST_CORES) {
    const why = `not measured: it takes ${LEAST_CORES} cores to tell, here are ${length}`
    return { lines: [why], summary: `workers: ${why}`, goals: [], figures: { cores: length } }
  }
  const surroundings = await makeSurroundings(context, { cores: WORKERS })
  const { settings, placement } = surroundings
  const [measured, first] = [placement.measured, placement.measured?.split(',')[0] ?? null]
  const alone = { ...settings, placement: { ...placement, measured: first } }
  const servers = [
    { ...(await startGateway(alone, { workers: 1 })), name: 'oneWorker' as const },
    { ...(await startGateway(settings, { workers: WORKERS })), name: 'gateway' as const }
  ]
  for (const server of servers) await checkServer(server, surroundings)
  const level = { connections: 100, seconds: 4 }
  for (const server of servers) await once(surroundings, server, SMALL, level)
  const cells = await measureRounds(servers, { rounds: 5 }, (server) =>
    once(surroundings, server, SMALL, level)
  )
  const found = ratio(cells, 'gateway', 'oneWorker')
  const rates = servers.map(({ name }) => figure(cells, name, 'perSecond').median.toFixed(0))
  const text = `${WORKERS} workers ${withSpread(found)} x one`
  return {
    lines: [`${text} (${rates.toReversed().join(' and ')} req/s), on cores ${measured}`],
    summary: text,
    goals: [
      {
        goal: `${WORKERS} workers ≥ ${GOAL} × one`,
        met: found.median >= GOAL && cells.every(({ invalid }) => invalid === undefined),
        figure: withSpread(found)
      }
    ],
    figures: { placement: placement.text, cells }
  }
}
