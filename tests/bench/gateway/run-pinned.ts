import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { ended } from '../child-calls.ts'

export type PinnedOptions = Readonly<{
  command: string
  parameters: readonly string[]
  variables?: Readonly<Record<string, string>>
  /** As `taskset -c` takes it; `null` for anywhere. */
  cores: string | null
  taskset: string | null
  /** Standard output goes there. */
  log: string
  /** Standard error goes there. */
  errors: string
}>

export type Pinned = Readonly<{ child: ChildProcess; pid: number; end: () => Promise<void> }>

const START_LIMIT_MS = 60_000
const END_GRACE_MS = 5000

/** Starts a server with nothing of this environment but the PATH. Not listening yet. */
export function runPinned(options: PinnedOptions): Pinned {
  const { command, parameters, variables, cores, taskset, log, errors } = options
  const [program, ...rest] =
    cores !== null && taskset !== null
      ? [taskset, '-c', cores, command, ...parameters]
      : [command, ...parameters]
  // Appended to, so that a log can be cut short while it is written.
  const [out, err] = [openSync(log, 'a'), openSync(errors, 'a')]
  const child = spawn(program ?? command, rest, {
    env: { PATH: process.env.PATH ?? '', NODE_ENV: 'production', ...variables },
    stdio: ['ignore', out, err]
  })
  closeSync(out)
  closeSync(err)
  return { child, pid: child.pid ?? 0, end: () => ended(child, END_GRACE_MS) }
}

/** Waits until something listens there. @throws Error with what the child has said when it ends before that */
export async function untilListening(
  { child }: Pinned,
  port: number,
  told: readonly string[]
): Promise<void> {
  const endsAt = performance.now() + START_LIMIT_MS
  while (!(await listens(port))) {
    if (child.exitCode !== null || child.signalCode !== null || performance.now() > endsAt) {
      const texts = told
        .filter((file) => existsSync(file))
        .map((file) => readFileSync(file, 'utf8'))
      throw new Error(`${child.spawnargs.join(' ')} does not listen:\n${texts.join('\n')}`)
    }
    await pause(20)
  }
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}

/** A port of 127.0.0.1 that nobody listens on now. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' && address ? address.port : 0
}
