import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Part } from '../benchmark.ts'
import { startCalls } from '../child-calls.ts'
import { duration, megabytes } from '../figures.ts'
import { startExecutor } from './executor-process.ts'
import { storeJobs } from './stored-jobs.ts'
import { makeSurroundings } from './surroundings.ts'
import type { handlers } from './watchers-process.ts'

const FULL = { watchers: 1000, jobs: 1000, tickMs: 5000, windowMs: 20_000, perSecond: 5 }
const QUICK = { watchers: 200, jobs: 100, tickMs: 500, windowMs: 2000, perSecond: 5 }

/** Watchers of the stream of events: what they cost the ResourceManager, and when they hear of a change. */
export const watchers: Part = {
  name: 'watchers',
  run: async (context) => {
    const {
      watchers: count,
      jobs: size,
      tickMs,
      windowMs,
      perSecond
    } = context.quick ? QUICK : FULL
    const { rm, variables, dataDir } = await makeSurroundings(context)
    const jobs = await storeJobs(dataDir, rm, size)
    const executor = await startExecutor(context, {
      ...variables,
      POLL_INTERVAL_MS: String(tickMs)
    })
    const { calls, end } = startCalls<typeof handlers>(
      join(import.meta.dirname, 'watchers-process.ts')
    )
    context.onEnd(end)
    await pause(2 * tickMs)
    const perMinute = async () => {
      const before = await rm.asked()
      await pause(windowMs)
      return (((await rm.asked()) - before) * 60_000) / windowMs
    }
    const alone = await perMinute()
    const memoryBefore = await executor.residentBytes()
    const opened = await calls.open({ url: executor.url, count })
    const watched = await perMinute()
    const memory = await executor.residentBytes()
    await calls.forget(undefined as never)
    await executor.loop.reset(undefined as never)
    let made = 0
    for (const { applicationId, state } of jobs.slice(-(perSecond * windowMs) / 1000)) {
      await rm.change({ id: applicationId, to: state === 'SUBMITTED' ? 'RUNNING' : 'FINISHED' })
      made += 1
      await pause(1000 / perSecond)
    }
    await pause(2 * tickMs + 2000)
    const loop = await executor.loop.read(undefined as never)
    const seen = await calls.read(undefined as never)
    const flat = watched <= alone * 1.25 + 2
    const whole = seen.fewest >= made && seen.fewest === seen.most && seen.ended === 0
    return {
      lines: [
        `${opened} watchers: ${alone.toFixed(0)} RM requests a minute without them, ${watched.toFixed(0)} with them; ${made} changes heard ${seen.count} times (${seen.fewest}–${seen.most} events each, ${seen.ended} streams ended), delay p50 ${duration(seen.p50)} p99 ${duration(seen.p99)} max ${duration(seen.max)} from the executor's own time of the change; loop p99 ${duration(loop.p99)} max ${duration(loop.max)}, RSS ${megabytes(memoryBefore)} → ${megabytes(memory)}`
      ],
      summary: `${opened} watchers: ${alone.toFixed(0)} → ${watched.toFixed(0)} RM requests/min, delay p99 ${duration(seen.p99)}, ${megabytes(memory - memoryBefore)} more`,
      goals: [
        { goal: 'RM requests unchanged by watchers', met: flat, figure: `${alone} → ${watched}` },
        {
          goal: 'watchers’ delay p99 < 1 s',
          met: seen.p99 < 1000 && whole,
          figure: `${duration(seen.p99)}, ${seen.fewest}–${seen.most} of ${made} events`
        }
      ],
      figures: { opened, alone, watched, made, seen, loop, memoryBefore, memory }
    }
  }
}
