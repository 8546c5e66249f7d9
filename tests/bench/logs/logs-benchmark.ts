import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { freePort } from '@scheduler-task/test-support/free-port'
import { request } from 'undici'
import type { BenchContext, Benchmark, Part } from '../benchmark.ts'
import { startCalls } from '../child-calls.ts'
import { type ExecutorProcess, startExecutor } from '../executor/executor-process.ts'
import { duration, median, megabytes } from '../figures.ts'
import { makeSandboxSurroundings } from '../sandbox-surroundings.ts'
import type { handlers } from './followers-process.ts'

const FULL = { followers: 500, perSecond: 100, settleMs: 10_000, windowMs: 25_000 }
const QUICK = { followers: 50, perSecond: 100, settleMs: 2000, windowMs: 4000 }

const PATIENCE_MS = 60_000
const JOB =
  'env {\n}\nsource {\n  FakeStream { result_table_name = "t" }\n}\ntransform { }\nsink {\n  Console { }\n}\n'

/** Many follow one log while the service is killed. */
const followers: Part = {
  name: 'followers',
  run: async (context) => {
    const { followers: count, perSecond, settleMs, windowMs } = context.quick ? QUICK : FULL
    const variables = {
      ...(await makeSandboxSurroundings(context, { 'job.conf': JOB })),
      // The followers come back to where they were.
      PORT: String(await freePort())
    }
    let executor = await startExecutor(context, variables)
    const { id, output } = await runJob(executor, variables.DATA_DIR)
    const { calls, end } = startCalls<typeof handlers>(
      join(import.meta.dirname, 'followers-process.ts')
    )
    context.onEnd(end)
    await calls.open({ url: `${executor.url}/executor/v2/jobs/${id}/log?follow`, count })
    await until(async () => (await calls.state(undefined as never)).open === count)
    const writer = writeLines(context, output, perSecond)
    await pause(settleMs)
    const first = await memoryDuring(executor, windowMs)

    const killedAt = Date.now()
    await executor.kill()
    const startedAt = Date.now()
    executor = await startExecutor(context, variables)
    await until(async () => (await calls.state(undefined as never)).open === count)
    const behind = writer.count()
    await until(async () => (await calls.state(undefined as never)).seen >= behind)
    const backMs = Date.now() - startedAt
    const backAt = Date.now()
    await pause(settleMs)
    const second = await memoryDuring(executor, windowMs)

    const lines = writer.stop()
    await until(async () => (await calls.state(undefined as never)).seen >= lines)
    // Its launcher outlives the service.
    await stopJob(executor, id)
    const seen = await calls.read({ from: killedAt, to: backAt })
    const whole = seen.missed === 0 && seen.repeated === 0 && seen.count === lines * count
    const flat = [first, second].every((one) => one.end <= one.begin * 1.1 + 8e6)
    return {
      lines: [
        `${count} followers of a log with ${perSecond} lines a second, ${lines} lines: ${seen.count} heard of ${lines * count}, ${seen.missed} missed, ${seen.repeated} repeated`,
        `delay from the launcher's write to the follower p50 ${duration(seen.p50)} p99 ${duration(seen.p99)} max ${duration(seen.max)}; after kill -9 all were back and caught up ${duration(backMs)} after the new start (${seen.cameBack} attempts to come back)`,
        `RSS ${megabytes(first.begin)} → ${megabytes(first.end)} in ${duration(windowMs)}, after the kill ${megabytes(second.begin)} → ${megabytes(second.end)}`
      ],
      summary: `${count} followers × ${perSecond} lines/s over a kill -9: ${seen.missed} missed, ${seen.repeated} repeated, delay p99 ${duration(seen.p99)}, RSS ${megabytes(second.end)}`,
      goals: [
        {
          goal: 'no line missed and none repeated',
          met: whole,
          figure: `${seen.missed} missed, ${seen.repeated} repeated, ${seen.count} of ${lines * count}`
        },
        { goal: 'delay p99 < 1 s', met: seen.p99 < 1000, figure: duration(seen.p99) },
        {
          goal: 'memory flat',
          met: flat,
          figure: [first, second]
            .map((one) => `${megabytes(one.begin)} → ${megabytes(one.end)}`)
            .join(', ')
        }
      ],
      figures: { followers: count, perSecond, lines, seen, backMs, first, second }
    }
  }
}

export const logsBenchmark: Benchmark = { name: 'logs', parts: [followers] }

/** A job whose launcher stays for as long as it runs. */
async function runJob({ url }: ExecutorProcess, dataDir: string) {
  const { body } = await request(`${url}/executor/v2/jobs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ engine: 'spark', taskName: 'bench', configFile: 'job.conf' })
  })
  const { id } = (await body.json()) as { id: string }
  await until(async () => {
    const answer = await request(`${url}/executor/v2/jobs/${id}`)
    return ((await answer.body.json()) as { state: string }).state === 'RUNNING'
  })
  return { id, output: join(dataDir, 'attempts', `${id}-1`, 'stdout') }
}

async function stopJob({ url }: ExecutorProcess, id: string): Promise<void> {
  await (await request(`${url}/executor/v2/jobs/${id}/stop`, { method: 'POST' })).body.dump()
  await until(async () => {
    const answer = await request(`${url}/executor/v2/jobs/${id}`)
    return ((await answer.body.json()) as { state: string }).state === 'KILLED'
  })
}

/** Into the launcher's output, as it would itself, whatever becomes of the service. */
function writeLines({ onEnd }: BenchContext, path: string, perSecond: number) {
  const began = performance.now()
  let count = 0
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - began) * perSecond) / 1000)
    let text = ''
    for (; count < due; count += 1) text += `n=${count} t=${Date.now()} ${'.'.repeat(80)}\n`
    if (text !== '') appendFileSync(path, text)
  }, 10)
  const stop = () => {
    clearInterval(timer)
    return count
  }
  onEnd(async () => void stop())
  return { count: () => count, stop }
}

/** Medians of the resident memory at the beginning and at the end. */
async function memoryDuring(executor: ExecutorProcess, ms: number) {
  const samples: number[] = []
  for (const endsAt = performance.now() + ms; performance.now() < endsAt; ) {
    samples.push(await executor.residentBytes())
    await pause(ms / 20)
  }
  return { begin: median(samples.slice(0, 5)), end: median(samples.slice(-5)) }
}

async function until(check: () => Promise<boolean>): Promise<void> {
  const endsAt = performance.now() + PATIENCE_MS
  while (!(await check())) {
    if (performance.now() > endsAt) throw new Error(`waited ${PATIENCE_MS} ms in vain: ${check}`)
    await pause(50)
  }
}
