import { type ChildProcess, spawn } from 'node:child_process'
import { createWriteStream } from 'node:fs'

/** A process of the run. Its output is kept in a file. */
export interface OwnedProcess {
  readonly pid: number
  readonly ended: Promise<string>
  /** How it ended, in words; undefined while it runs. */
  readonly end: string | undefined
  /** The first group of the first line of output that matches. Rejects when it ends before, or takes too long. */
  says: (pattern: RegExp) => Promise<string>
  kill: (signal: NodeJS.Signals) => Promise<void>
}

const SAYS_WITHIN_MS = 60_000

/** Starts a program with exactly this environment and a PATH; the caller ends it. */
export function startProcess(
  command: readonly [string, ...string[]],
  options: Readonly<{ environment: Readonly<Record<string, string>>; log: string }>
): OwnedProcess {
  const [program, ...parameters] = command
  const child = spawn(program, parameters, {
    cwd: import.meta.dirname,
    env: { PATH: process.env.PATH ?? '', ...options.environment },
    stdio: ['ignore', 'pipe', 'pipe']
  })
  const log = createWriteStream(options.log, { flags: 'a' })
  let output = ''
  const listeners = new Set<() => void>()
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      log.write(text)
      output = (output + text).slice(-65_536)
      for (const listener of listeners) listener()
    })
  }
  let end: string | undefined
  const ended = new Promise<string>((resolve) => {
    const finish = (how: string) => {
      end = how
      log.end()
      resolve(how)
    }
    child.once('error', (error) => finish(error.message))
    child.once('exit', (code, signal) => finish(signal ?? `exit ${code}`))
  })
  return {
    pid: child.pid ?? 0,
    ended,
    get end() {
      return end
    },
    says: (pattern) =>
      new Promise((resolve, reject) => {
        const finish = (settle: () => void) => {
          clearTimeout(limit)
          listeners.delete(look)
          settle()
        }
        const fail = (why: string) =>
          finish(() => reject(new Error(`${program}: ${why}:\n${output}`)))
        const look = () => {
          const found = pattern.exec(output)?.[1]
          if (found !== undefined) finish(() => resolve(found))
        }
        const limit = setTimeout(() => fail('not ready in time'), SAYS_WITHIN_MS)
        listeners.add(look)
        look()
        void ended.then((how) => fail(`ended too early (${how})`))
      }),
    kill: async (signal) => {
      if (isRunning(child)) child.kill(signal)
      await ended
    }
  }
}

function isRunning(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null
}
