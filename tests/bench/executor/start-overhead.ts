import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { Pool, request } from 'undici'
import type { Part } from '../benchmark.ts'
import { duration, median } from '../figures.ts'
import { startExecutor } from './executor-process.ts'
import { makeSurroundings, type Surroundings } from './surroundings.ts'

/** As long as a ResourceManager takes that is not idle. */
const ACCEPT_AFTER_MS = 150

/** What a start takes beyond its launcher: both in turn, each pair in the same moments. */
export const startOverhead: Part = {
  name: 'overhead',
  run: async (context) => {
    const pairs = context.quick ? 3 : 40
    const around = await makeSurroundings(context, { acceptAfterMs: ACCEPT_AFTER_MS })
    const executor = await startExecutor(context, around.variables, { measured: false })
    const client = new Pool(executor.url, { connections: 1 })
    context.onEnd(() => client.destroy())
    const bare: number[] = []
    const whole: number[] = []
    for (let at = -2; at < pairs; at += 1) {
      const [alone, started] = [await runBare(around, at), await start(client, at)]
      // The first ones are slow on either side: nothing has been read or compiled yet.
      if (at < 0) continue
      bare.push(alone)
      whole.push(started)
    }
    const differences = whole.map((one, at) => one - (bare[at] ?? Number.NaN))
    const overhead = median(differences)
    return {
      lines: [
        `launcher alone p50 ${duration(median(bare))}, start p50 ${duration(median(whole))}, overhead p50 ${duration(overhead)} (${duration(Math.min(...differences))}–${duration(Math.max(...differences))}) of ${pairs} pairs; the RM accepts after ${duration(ACCEPT_AFTER_MS)}`
      ],
      summary: `start overhead ${duration(overhead)} over ${duration(median(bare))}`,
      goals: [{ goal: 'start overhead <= 50 ms', met: overhead <= 50, figure: duration(overhead) }],
      figures: { bare, whole, overhead }
    }
  }
}

/** From the spawn to the moment in which the ResourceManager has accepted, by its own clock; ms. */
async function runBare({ launcher, rm }: Surroundings, at: number): Promise<number> {
  const tags = `st-i-bare,st-s-bare${at},st-a-bare${at}`
  const began = performance.timeOrigin + performance.now()
  const { stdout } = await promisify(execFile)('/bin/bash', [
    launcher.script,
    ...['-m', 'yarn-cluster', '-ynm', `bare${at}`, '-yD', `yarn.tags=${tags}`, '-d']
  ])
  const id = /application_\d+_\d+/.exec(stdout)?.[0]
  for (;;) {
    const { body } = await request(`${rm.url}/ws/v1/cluster/apps/${id}/appattempts`)
    const answer = (await body.json()) as {
      appAttempts?: { appAttempt?: { startTime: number }[] }
    }
    // An attempt begins with the acceptance.
    const startTime = answer.appAttempts?.appAttempt?.[0]?.startTime
    if (startTime) return startTime - began
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

/** From the request to its answer, ms. */
async function start(client: Pool, at: number): Promise<number> {
  const began = performance.now()
  const { body } = await client.request({
    method: 'POST',
    path: '/executor/start/flink',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ configFile: 'job.conf', taskName: `overhead${at + 2}` }),
    headersTimeout: 0
  })
  const answer = (await body.json()) as { statusCode: number }
  if (answer.statusCode !== 200) throw new Error(JSON.stringify(answer))
  return performance.now() - began
}
