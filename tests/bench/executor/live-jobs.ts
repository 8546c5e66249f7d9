import { setTimeout as pause } from 'node:timers/promises'
import type { BenchContext, Part, PartResult } from '../benchmark.ts'
import { duration, megabytes, percentile } from '../figures.ts'
import { followChanges } from './changes.ts'
import { type ExecutorProcess, type LoopDelays, startExecutor } from './executor-process.ts'
import { type StoredJob, storeJobs } from './stored-jobs.ts'
import { makeSurroundings, type Surroundings } from './surroundings.ts'

const FULL = { sizes: [10, 1000, 10_000], tickMs: 5000, windowMs: 25_000, perSecond: 10 }
const QUICK = { sizes: [10, 500], tickMs: 500, windowMs: 2000, perSecond: 5 }

type Quiet = Readonly<{ jobs: number; perMinute: number; loop: LoopDelays; resident: number }>

/** Watching: what more jobs cost the ResourceManager and the process, and how old a state is. */
export const liveJobs: Part = {
  name: 'live',
  run: async (context) => {
    const { sizes, tickMs, windowMs, perSecond } = context.quick ? QUICK : FULL
    const around = await makeSurroundings(context)
    const variables = { ...around.variables, POLL_INTERVAL_MS: String(tickMs) }
    const jobs: StoredJob[] = []
    const quiet: Quiet[] = []
    for (const size of sizes.slice(0, -1)) {
      jobs.push(...(await storeJobs(around.dataDir, around.rm, size - jobs.length)))
      const executor = await startExecutor(context, variables)
      quiet.push(await watchQuietly(executor, around, size, { tickMs, windowMs }))
      await executor.end()
    }
    const most = sizes.at(-1) ?? 0
    jobs.push(...(await storeJobs(around.dataDir, around.rm, most - jobs.length)))
    const executor = await startExecutor(context, variables)
    quiet.push(await watchQuietly(executor, around, most, { tickMs, windowMs }))
    await executor.loop.reset(undefined as never)
    const ages = await followChanges(context, executor.url, around.rm, jobs, {
      perSecond,
      forMs: windowMs,
      patienceMs: 4 * tickMs + 10_000
    })
    const busy = await executor.loop.read(undefined as never)
    const resident = await executor.residentBytes()
    return toResult(context, { tickMs, quiet, ages, busy, resident, startMs: executor.startMs })
  }
}

/** Nothing happens but the ticks. */
async function watchQuietly(
  executor: ExecutorProcess,
  { rm }: Surroundings,
  jobs: number,
  { tickMs, windowMs }: Readonly<{ tickMs: number; windowMs: number }>
): Promise<Quiet> {
  // Until everything has been seen once, and what the start has left behind is gone.
  await pause(2 * tickMs + 1000)
  await executor.loop.reset(undefined as never)
  const before = await rm.asked()
  await pause(windowMs)
  const asked = (await rm.asked()) - before
  const loop = await executor.loop.read(undefined as never)
  const resident = await executor.residentBytes()
  return { jobs, perMinute: (asked * 60_000) / windowMs, loop, resident }
}

type Found = Readonly<{
  tickMs: number
  quiet: readonly Quiet[]
  ages: Awaited<ReturnType<typeof followChanges>>
  busy: LoopDelays
  resident: number
  startMs: number
}>

function toResult({ quick }: BenchContext, found: Found): PartResult {
  const { tickMs, quiet, ages, busy, resident, startMs } = found
  const most = quiet.at(-1)
  const perMinute = quiet.map((one) => one.perMinute)
  const p99 = percentile(ages.milliseconds, 0.99)
  // A tick more or less falls into a window, and ticks come with jitter.
  const flat = Math.max(...perMinute) <= Math.min(...perMinute) * 1.25 + 2
  const lines = quiet.map(
    ({ jobs, perMinute: asked, loop, resident: bytes }) =>
      `${jobs} jobs, tick ${duration(tickMs)}: ${asked.toFixed(0)} RM requests a minute, loop p99 ${duration(loop.p99)} max ${duration(loop.max)}, CPU ${(loop.cpuShare * 100).toFixed(0)} %, RSS ${megabytes(bytes)}`
  )
  const size = most?.jobs ?? 0
  lines.push(
    `${ages.made} changes among ${size} jobs: age of a state p50 ${duration(percentile(ages.milliseconds, 0.5))} p99 ${duration(p99)} max ${duration(Math.max(...ages.milliseconds))}, ${ages.made - ages.milliseconds.length} not seen; loop p99 ${duration(busy.p99)} max ${duration(busy.max)}, RSS ${megabytes(resident)}; ready ${duration(startMs)} after the start with ${size} jobs`
  )
  const loopP99 = Math.max(busy.p99, most?.loop.p99 ?? 0)
  const loopMax = Math.max(busy.max, most?.loop.max ?? 0)
  const ageLimit = tickMs * 1.1 + 2000
  return {
    lines,
    summary: `${size} live jobs: ${perMinute.map((one) => one.toFixed(0)).join('/')} RM requests/min with ${quiet.map((one) => one.jobs).join('/')} jobs, state age p99 ${duration(p99)} (tick ${duration(tickMs)}), loop p99 ${duration(loopP99)} max ${duration(loopMax)}, ${megabytes(resident)}`,
    goals: [
      { goal: 'RM requests flat', met: flat, figure: perMinute.map(Math.round).join('/') },
      { goal: 'loop p99 < 50 ms', met: loopP99 < 50, figure: duration(loopP99) },
      {
        goal: `age of a state p99 < a tick and 2 s`,
        met: p99 < ageLimit && ages.made === ages.milliseconds.length,
        figure: `${duration(p99)}, ${ages.made - ages.milliseconds.length} not seen`
      }
    ],
    figures: { quick, ...found }
  }
}
