import { setTimeout as pause } from 'node:timers/promises'
import type { Test } from 'tap'
import { Agent, type Dispatcher } from 'undici'

export type Load = {
  /** Whole answers so far. */
  answered(): number
  /** What went wrong so far, in words. */
  failures(): string[]
  stop(): Promise<void>
}

/**
 * Clients that ask for `path` again and again until they are stopped, each on a connection that it keeps: some at once,
 * some after pauses of up to `longestPauseMs`. Every answer must be 200 and `expected`.
 */
export function startLoad(
  t: Test,
  { origin, path, expected }: { origin: string; path: string; expected: string },
  clients: readonly { longestPauseMs: number }[]
): Load {
  const failures: string[] = []
  let answered = 0
  let isRunning = true

  async function ask(connection: Dispatcher): Promise<void> {
    const { statusCode, body } = await connection.request({ origin, path, method: 'GET' })
    const text = await body.text()
    if (statusCode === 200 && text === expected) answered += 1
    else failures.push(`${statusCode} ${text}`)
  }

  const runs = clients.map(async ({ longestPauseMs }) => {
    const connection = new Agent({ connections: 1 })
    while (isRunning) {
      await ask(connection).catch((error: Error) => failures.push(String(error.cause ?? error)))
      if (longestPauseMs > 0) await pause(Math.random() * longestPauseMs)
      // A failure must not become a loop without a pause.
      if (failures.length > 0) await pause(10)
    }
    await connection.destroy()
  })
  const stop = async () => {
    isRunning = false
    await Promise.all(runs)
  }
  t.teardown(stop)
  return { answered: () => answered, failures: () => failures, stop }
}
