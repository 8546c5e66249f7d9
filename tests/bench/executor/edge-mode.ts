import { setTimeout as pause } from 'node:timers/promises'
import { request } from 'undici'
import type { Part } from '../benchmark.ts'
import { duration, median, megabytes } from '../figures.ts'
import { type ExecutorProcess, startExecutor } from './executor-process.ts'
import { makeSurroundings } from './surroundings.ts'

/** The executor alone: SQLite, no Redis, default settings. */
export const edgeMode: Part = {
  name: 'edge',
  run: async (context) => {
    const starts = context.quick ? 2 : 9
    const settleMs = context.quick ? 500 : 10_000
    const jobs = context.quick ? 3 : 30
    const { variables, rm } = await makeSurroundings(context)
    const startMs: number[] = []
    for (let at = 0; at < starts; at += 1) {
      const executor = await startExecutor(context, variables, { measured: false })
      startMs.push(executor.startMs)
      await executor.end()
    }
    const executor = await startExecutor(context, variables, { measured: false })
    await pause(settleMs)
    const idle = await executor.residentBytes()
    for (let at = 0; at < jobs; at += 1) await startJob(executor, `edge-${at}`)
    await pause(settleMs)
    const worked = await executor.residentBytes()
    const start = median(startMs)
    const most = Math.max(idle, worked)
    return {
      lines: [
        `start to /ready p50 ${duration(start)} of ${starts} (${duration(Math.min(...startMs))}–${duration(Math.max(...startMs))}), RSS idle ${megabytes(idle)}, after ${jobs} jobs ${megabytes(worked)}; ${await rm.submissions()} applications`
      ],
      summary: `edge: start ${duration(start)}, ${megabytes(idle)} idle, ${megabytes(worked)} after ${jobs} jobs`,
      goals: [
        { goal: 'edge start < 1 s', met: start < 1000, figure: duration(start) },
        { goal: 'edge RSS < 100 MB', met: most < 100_000_000, figure: megabytes(most) }
      ],
      figures: { startMs, idle, worked, jobs }
    }
  }
}

async function startJob({ url }: ExecutorProcess, taskName: string): Promise<void> {
  const { body } = await request(`${url}/executor/start/flink`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ master: 'yarn-cluster', configFile: 'job.conf', taskName }),
    headersTimeout: 0
  })
  const answer = (await body.json()) as { statusCode: number }
  if (answer.statusCode !== 200) throw new Error(JSON.stringify(answer))
}
