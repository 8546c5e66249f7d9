import { setTimeout as pause } from 'node:timers/promises'
import { Agent, request } from 'undici'

const LIMIT_MS = 20_000

export type Probed = {
  /** Milliseconds of each answer, ascending. */
  times: readonly number[]
  /** Those that were not answered as they should be. */
  wrong: readonly string[]
}

/** Asks each of these in turn, over new and kept connections, as long as `until` has not come to its end. */
export async function probeWhile(
  urls: readonly string[],
  headers: Record<string, string>,
  work: Promise<unknown>
): Promise<Probed> {
  const agent = new Agent({ connections: 4 })
  const times: number[] = []
  const wrong: string[] = []
  let isOver = false
  const ended = work.finally(() => {
    isOver = true
  })
  const askOnce = async (url: string, kept: boolean) => {
    const {
      statusCode,
      headers: given,
      body
    } = await request(url, {
      headers,
      headersTimeout: LIMIT_MS,
      bodyTimeout: LIMIT_MS,
      ...(kept ? { dispatcher: agent } : { reset: true })
    })
    await body.dump()
    return { status: statusCode, again: statusCode === 503 && given['retry-after'] !== undefined }
  }
  const ask = async (url: string, kept: boolean) => {
    const startedAt = performance.now()
    const ms = () => performance.now() - startedAt
    try {
      let answer = await askOnce(url, kept)
      // A machine that is too busy to hear Redis for a moment answers so; it counts as waiting.
      while (answer.again && ms() < LIMIT_MS) {
        await pause(50)
        answer = await askOnce(url, kept)
      }
      if (answer.status !== 200) wrong.push(`${url}: ${answer.status}`)
    } catch (error) {
      wrong.push(`${url}: ${String(error)}`)
    }
    times.push(ms())
  }
  const loop = async (url: string) => {
    for (let kept = false; !isOver; kept = !kept) {
      await ask(url, kept)
      await pause(20)
    }
  }
  try {
    await Promise.all([ended, ...urls.map(loop)])
  } finally {
    await agent.destroy()
  }
  return { times: times.sort((a, b) => a - b), wrong }
}

export function p99({ times }: Probed): number {
  return Math.round(times[Math.floor(times.length * 0.99)] ?? 0)
}
