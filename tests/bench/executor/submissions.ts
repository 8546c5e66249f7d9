import { setTimeout as pause } from 'node:timers/promises'
import { Pool } from 'undici'
import type { Part } from '../benchmark.ts'
import { duration, megabytes, percentile } from '../figures.ts'
import { startExecutor } from './executor-process.ts'
import { type LauncherRun, mostAtOnce } from './fast-launcher.ts'
import { JOB_CONFIG, makeSurroundings } from './surroundings.ts'

const MAX_LAUNCHERS = 4
const CLIENTS = 64
/** One request in so many is sent twice at once with the same key. */
const TWICE = 10

const FULL = [
  { count: 500, overMs: 1000 },
  { count: 9000, overMs: 60_000 }
]
const QUICK = [{ count: 20, overMs: 100 }]
/** What is not launched by then has to wait in its place: neither lost nor doubled. */
const DRAIN_LIMIT_MS = { full: 270_000, quick: 40_000 }

type Accepted = Readonly<{ ids: Set<string>; milliseconds: number[]; refused: number }>
type Count = Readonly<{ lost: number; doubled: number; strangers: number }>

/** Many submissions at once: accepted fast, kept, launched once each, a few at a time. */
export const submissions: Part = {
  name: 'submissions',
  run: async (context) => {
    const bursts = context.quick ? QUICK : FULL
    const total = bursts.reduce((sum, { count }) => sum + count, 0)
    const { rm, launcher, variables } = await makeSurroundings(context)
    const executor = await startExecutor(context, {
      ...variables,
      MAX_LAUNCHERS: String(MAX_LAUNCHERS),
      MAX_QUEUED: String(total)
    })
    const clients = new Pool(executor.url, { connections: CLIENTS })
    context.onEnd(() => clients.destroy())
    const ids = new Set<string>()
    const lines: string[] = []
    const p99s: number[] = []
    let refused = 0
    const began = performance.now()
    for (const burst of bursts) {
      await executor.loop.reset(undefined as never)
      const accepted = await submitAll(clients, burst)
      const { p99: loopP99, max } = await executor.loop.read(undefined as never)
      for (const id of accepted.ids) ids.add(id)
      refused += accepted.refused
      const p99 = percentile(accepted.milliseconds, 0.99)
      p99s.push(p99)
      lines.push(
        `${burst.count} in ${duration(burst.overMs)} (every ${TWICE}th twice): accept p50 ${duration(percentile(accepted.milliseconds, 0.5))} p99 ${duration(p99)} max ${duration(Math.max(...accepted.milliseconds))}, ${accepted.refused} refused, loop p99 ${duration(loopP99)} max ${duration(max)}`
      )
    }
    const limitMs = context.quick ? DRAIN_LIMIT_MS.quick : DRAIN_LIMIT_MS.full
    const waiting = await untilLaunched(clients, limitMs)
    const left = waiting.size
    const drainedMs = performance.now() - began
    const runs = await launcher.runs()
    const counted = count(ids, runs, waiting)
    const applications = await rm.submissions()
    const most = mostAtOnce(runs)
    const resident = await executor.residentBytes()
    const perSecond = (runs.length * 1000) / drainedMs
    lines.push(
      `${ids.size} accepted, ${runs.length} launchers, ${applications} applications: ${counted.lost} lost, ${counted.doubled} doubled, ${left} still waiting; ${perSecond.toFixed(1)} launched a second, at most ${most} at once (MAX_LAUNCHERS ${MAX_LAUNCHERS}, MAX_QUEUED ${total}), RSS ${megabytes(resident)}`
    )
    const p99 = Math.max(...p99s)
    // Of those that wait some are being launched at the very moment.
    const exact =
      ids.size === total &&
      applications >= total - left &&
      applications <= total &&
      refused + counted.lost + counted.doubled + counted.strangers === 0
    return {
      lines,
      summary: `${bursts.map(({ count: size, overMs }) => `${size} in ${duration(overMs)}`).join(', ')}: ${counted.lost} lost, ${counted.doubled} doubled, ${left} still waiting, accept p99 ${p99s.map(duration).join('/')}, ${perSecond.toFixed(1)} launched/s, at most ${most} of ${MAX_LAUNCHERS} launchers at once`,
      goals: [
        {
          goal: 'none lost or doubled',
          met: exact,
          figure: JSON.stringify({ ...counted, left, refused, applications })
        },
        { goal: 'accept p99 < 100 ms', met: p99 < 100, figure: p99s.map(duration).join('/') },
        { goal: 'launchers within the limit', met: most <= MAX_LAUNCHERS, figure: String(most) }
      ],
      figures: { bursts, p99s, applications, counted, refused, left, perSecond, most, resident }
    }
  }
}

/** Evenly over the time, whether the answers come or not. */
async function submitAll(
  clients: Pool,
  { count: size, overMs }: Readonly<{ count: number; overMs: number }>
): Promise<Accepted> {
  const ids = new Set<string>()
  const milliseconds: number[] = []
  let refused = 0
  const send = async (key: string) => {
    const began = performance.now()
    const { statusCode, body } = await clients.request({
      method: 'POST',
      path: '/executor/v2/jobs',
      headers: { 'content-type': 'application/json', 'idempotency-key': key },
      body: JSON.stringify({ engine: 'flink', taskName: key, config: JOB_CONFIG })
    })
    const answer = (await body.json()) as { id: string }
    milliseconds.push(performance.now() - began)
    if (statusCode === 202) ids.add(answer.id)
    else refused += 1
  }
  const sent: Promise<void>[] = []
  const began = performance.now()
  for (let at = 0; at < size; at += 1) {
    const key = `bench-${size}-${at}`
    sent.push(send(key))
    if (at % TWICE === 0) sent.push(send(key))
    const aheadMs = ((at + 1) * overMs) / size - (performance.now() - began)
    if (aheadMs > 1) await pause(aheadMs)
  }
  await Promise.all(sent)
  return { ids, milliseconds, refused }
}

/** Until nothing waits to be launched; answers what still does when the time is over. */
async function untilLaunched(clients: Pool, limitMs: number): Promise<Set<string>> {
  const endsAt = performance.now() + limitMs
  for (;;) {
    const { total } = await waitingPage(clients, 1)
    if (total === 0) return new Set()
    if (performance.now() > endsAt) break
    await pause(500)
  }
  const ids = new Set<string>()
  let cursor: string | undefined
  do {
    const page = await waitingPage(clients, 100, cursor)
    for (const { id } of page.items) ids.add(id)
    cursor = page.nextCursor ?? undefined
  } while (cursor)
  return ids
}

type WaitingPage = Readonly<{ items: { id: string }[]; total: number; nextCursor?: string | null }>

async function waitingPage(clients: Pool, limit: number, after?: string): Promise<WaitingPage> {
  const query = new URLSearchParams({ state: 'ACCEPTED,LAUNCHING', limit: String(limit) })
  if (after) query.set('cursor', after)
  const { body } = await clients.request({ method: 'GET', path: `/executor/v2/jobs?${query}` })
  return (await body.json()) as WaitingPage
}

/** Each accepted one has to have one application, or to wait for it. */
function count(
  ids: ReadonlySet<string>,
  runs: readonly LauncherRun[],
  waiting: ReadonlySet<string>
): Count {
  const found = new Map<string, number>()
  for (const { submissionTag } of runs) {
    const id = submissionTag.slice('st-s-'.length)
    found.set(id, (found.get(id) ?? 0) + 1)
  }
  const launched = [...found]
  return {
    lost: [...ids].filter((id) => !found.has(id) && !waiting.has(id)).length,
    doubled: launched.filter(([id, times]) => ids.has(id) && times > 1).length,
    strangers: launched.filter(([id]) => !ids.has(id)).length
  }
}
