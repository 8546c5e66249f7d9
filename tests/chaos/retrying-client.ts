import type { Api, JobView, Via } from './api.ts'
import { type JobPlan, jobBody } from './job-plan.ts'
import { pause } from './pause.ts'
import type { Random } from './random.ts'
import { isOver } from './verdict.ts'

/** Clients do not get an answer while the executor is dead; they come again after so many milliseconds. */
const AGAIN_MS = [10, 150] as const

/** Submits with a key until it is accepted; the id. */
export async function submitUntilAccepted(
  api: Api,
  plan: JobPlan,
  options: Readonly<{ key: string; via: Via; random: Random; signal: AbortSignal }>
): Promise<string> {
  const { key, via, random, signal } = options
  for (;;) {
    const reply = await api.post('/executor/v2/jobs', jobBody(plan), { via, key }).catch(() => {})
    if (reply?.http === 202) return String(reply.body.id)
    if (reply && reply.http < 500) throw new Error(`refused: ${JSON.stringify(reply)}`)
    await pause(random.between(...AGAIN_MS), signal)
  }
}

/** The job as it is now; asked for until there is an answer. */
export async function jobNow(api: Api, id: string, signal: AbortSignal): Promise<JobView> {
  for (;;) {
    const reply = await api.get(`/executor/v2/jobs/${id}`).catch(() => undefined)
    if (reply?.http === 200) return reply.body as unknown as JobView
    if (reply && reply.http < 500) throw new Error(`job ${id}: ${JSON.stringify(reply)}`)
    await pause(AGAIN_MS[1], signal)
  }
}

/** The job once it runs or is over, or as it is after `limitMs`. */
export async function jobThatRuns(
  api: Api,
  id: string,
  options: Readonly<{ signal: AbortSignal; limitMs: number }>
): Promise<JobView> {
  const endsAt = Date.now() + options.limitMs
  for (;;) {
    const job = await jobNow(api, id, options.signal)
    if (job.state === 'RUNNING' || isOver(job) || Date.now() > endsAt) return job
    await pause(AGAIN_MS[1], options.signal)
  }
}
