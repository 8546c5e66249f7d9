import { request } from 'undici'
import type { Benchmark, Part } from '../benchmark.ts'
import { startExecutor } from '../executor/executor-process.ts'
import { duration, percentile } from '../figures.ts'
import { makeSandboxSurroundings } from '../sandbox-surroundings.ts'
import { type Config, seatunnelConfig, waterdropConfig } from './configs.ts'

const BYTES = 100_000
const GOAL_MS = 50

/** One config after another, none twice, over HTTP: what a caller waits for the answer. */
function checking(name: string, profile: string, configOf: (bytes: number) => Config): Part {
  return {
    name,
    run: async (context) => {
      const rounds = context.quick ? 40 : 500
      const executor = await startExecutor(context, await makeSandboxSurroundings(context, {}))
      const { good, broken } = configOf(BYTES)
      const times: Record<'good' | 'broken', number[]> = { good: [], broken: [] }
      // The first ones, while the code is being compiled, are not counted.
      for (let round = -20; round < rounds; round += 1) {
        for (const kind of ['good', 'broken'] as const) {
          const config = `# ${round}\n${kind === 'good' ? good : broken}`
          const began = performance.now()
          const { body } = await request(`${executor.url}/executor/v2/jobs/check`, {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify({ engine: 'spark', taskName: 'bench', profile, config })
          })
          const { ok } = (await body.json()) as { ok: boolean }
          if (round >= 0) times[kind].push(performance.now() - began)
          if (ok !== (kind === 'good')) throw new Error(`the ${kind} config was taken for another`)
        }
      }
      const all = [...times.good, ...times.broken]
      const [p50, p99] = [percentile(all, 0.5), percentile(all, 0.99)]
      return {
        lines: Object.entries(times).map(
          ([kind, some]) =>
            `${some.length} ${kind} configs of ${BYTES / 1000} kB: p50 ${duration(percentile(some, 0.5))} p99 ${duration(percentile(some, 0.99))} max ${duration(percentile(some, 1))}`
        ),
        summary: `${name}: ${BYTES / 1000} kB p50 ${duration(p50)} p99 ${duration(p99)}`,
        goals: [{ goal: `${name} p99 < 50 ms`, met: p99 < GOAL_MS, figure: duration(p99) }],
        figures: { bytes: BYTES, p50, p99, times }
      }
    }
  }
}

export const checkBenchmark: Benchmark = {
  name: 'check',
  parts: [
    checking('waterdrop-2', 'waterdrop-2', waterdropConfig),
    checking('seatunnel-2.3', 'seatunnel-2.3', seatunnelConfig)
  ]
}
