import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'

type Handlers = Record<string, (argument: never) => unknown>

/** What a child can be asked for: the names and types of its handlers. */
export type Calls<H extends Handlers> = {
  [K in keyof H]: (argument: Parameters<H[K]>[0]) => Promise<Awaited<ReturnType<H[K]>>>
}

type Question = { id: number; name: string; argument: never }
type Answer = { id: number; value?: unknown; error?: string }

/** In the child: answers what the parent asks for, until the parent is gone. */
export function serveCalls(handlers: Handlers): void {
  process.on('message', async ({ id, name, argument }: Question) => {
    const reply: Answer = { id }
    try {
      reply.value = await handlers[name]?.(argument)
    } catch (error) {
      reply.error = error instanceof Error ? (error.stack ?? error.message) : String(error)
    }
    process.send?.(reply)
  })
  process.once('disconnect', () => process.exit())
}

/** In the parent: starts a child from source. */
export function startCalls<H extends Handlers>(
  path: string
): { calls: Calls<H>; child: ChildProcess; end: () => Promise<void> } {
  const child = fork(path, {
    execArgv: ['--import', 'tsx', '--conditions=@scheduler-task/source'],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc']
  })
  return { calls: callsTo<H>(child), child, end: () => ended(child) }
}

/** Asks a child that has an IPC channel, and serves calls. */
export function callsTo<H extends Handlers>(child: ChildProcess): Calls<H> {
  const waiting = new Map<number, (answer: Answer) => void>()
  let last = 0
  child.on('message', (answer: Answer) => {
    waiting.get(answer.id)?.(answer)
    waiting.delete(answer.id)
  })
  child.once('exit', () => {
    for (const [id, tell] of waiting) tell({ id, error: 'the process has ended' })
    waiting.clear()
  })
  const call = (name: string) => (argument: unknown) =>
    new Promise((resolve, reject) => {
      last += 1
      waiting.set(last, ({ value, error }) =>
        error === undefined ? resolve(value) : reject(new Error(`${name}: ${error}`))
      )
      child.send({ id: last, name, argument }, (error) => {
        if (error) reject(error)
      })
    })
  return new Proxy({}, { get: (_, name) => call(String(name)) }) as Calls<H>
}

/** SIGTERM, and SIGKILL when it takes too long. */
export async function ended(child: ChildProcess, graceMs = 15_000): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), graceMs)
  await exit
  clearTimeout(timer)
}
