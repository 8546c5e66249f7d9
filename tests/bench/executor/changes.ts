import { setTimeout as pause } from 'node:timers/promises'
import { request } from 'undici'
import type { BenchContext } from '../benchmark.ts'
import { followEvents } from './event-stream.ts'
import type { ResourceManager } from './resource-manager.ts'
import type { StoredJob } from './stored-jobs.ts'

type Pace = Readonly<{ perSecond: number; forMs: number; patienceMs: number }>

/**
 * Changes applications at the ResourceManager (half begin to run, half finish), and sees when
 * `GET /executor/v2/jobs/{id}` shows it; the stream of events says when to look. Answers the ages of what was seen, ms.
 */
export async function followChanges(
  { onEnd }: BenchContext,
  url: string,
  rm: ResourceManager,
  jobs: readonly StoredJob[],
  { perSecond, forMs, patienceMs }: Pace
): Promise<{ made: number; milliseconds: number[] }> {
  const over = new AbortController()
  onEnd(async () => over.abort())
  const waiting = new Map<string, { to: string; at: number }>()
  const milliseconds: number[] = []
  const look = async (id: string) => {
    const { statusCode, body } = await request(`${url}/executor/v2/jobs/${id}`)
    const job = (await body.json()) as { state: string }
    const change = waiting.get(id)
    if (statusCode !== 200 || job.state !== change?.to) return
    waiting.delete(id)
    milliseconds.push(Date.now() - change.at)
  }
  await followEvents(
    url,
    ({ jobId }) => {
      if (waiting.has(jobId)) void look(jobId).catch(() => {})
    },
    over.signal
  )
  const [begin, finish] = [
    jobs.filter(({ state }) => state === 'SUBMITTED'),
    jobs.filter(({ state }) => state === 'RUNNING')
  ]
  let made = 0
  const endsAt = performance.now() + forMs
  for (; performance.now() < endsAt; made += 1) {
    const job = made % 2 === 0 ? (begin.shift() ?? finish.pop()) : finish.pop()
    if (!job) break
    const to = job.state === 'SUBMITTED' ? 'RUNNING' : 'FINISHED'
    const change = { to, at: Number.POSITIVE_INFINITY }
    waiting.set(job.id, change)
    change.at = await rm.change({ id: job.applicationId, to })
    await pause(1000 / perSecond)
  }
  const until = performance.now() + patienceMs
  while (waiting.size > 0 && performance.now() < until) {
    await pause(500)
    // What an event has not told.
    await Promise.all([...waiting.keys()].map(look))
  }
  over.abort()
  return { made, milliseconds }
}
