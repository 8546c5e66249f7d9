import type { Benchmark } from '../benchmark.ts'
import { downloads } from './download-part.ts'
import { largeAnswers, smallRequests, uploads } from './parts.ts'
import { type Cell, ratio, times } from './ratios.ts'
import { GOAL_CONNECTIONS } from './request-part.ts'
import { workers } from './workers-part.ts'

/** The gateway as it is shipped beside what else could stand in its place, in one run on one machine. */
export const gatewayBenchmark: Benchmark = {
  name: 'gateway',
  parts: [smallRequests, uploads, downloads, largeAnswers, workers],
  latestBeginMs: { full: 13 * 60_000, quick: 36_000 },
  lastLine: ({ small }) => {
    const cells = (small?.figures.cells as Record<number, readonly Cell[]>)?.[GOAL_CONNECTIONS]
    if (!cells) return undefined
    const [auth, cached, proxy, express] = (
      ['nginxAuth', 'nginxCached', 'httpProxy', 'expressTuned'] as const
    ).map((peer) => times(ratio(cells, 'gateway', peer).median))
    return `gateway c=50 GET: ${auth} x nginx+auth_request, ${cached} x nginx+cached, ${proxy} x http-proxy, ${express} x express-tuned`
  }
}
