import { spawn } from 'node:child_process'
import { once } from 'node:events'

type Test = { teardown(action: () => unknown): void }

/** A child process in a group of its own; ended with the test. */
export type Running = {
  pid: number
  stdout: string
  stderr: string
  /** Exit code and signal, once it has ended and its output is complete. */
  ended: Promise<{ code: number | null; signal: string | null }>
  kill(signal: NodeJS.Signals): void
  /** Resolves with the match as soon as stdout and stderr together match. */
  seen(pattern: RegExp): Promise<RegExpExecArray>
}

export function runLauncher(
  t: Test,
  argv: string[],
  options: { env: Record<string, string | undefined>; cwd?: string }
): Running {
  const [command = '', ...args] = argv
  const child = spawn(command, args, {
    ...options,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true
  })
  const ended = once(child, 'close').then(([code, signal]) => ({ code, signal }))
  const waiting = new Set<() => void>()
  const running: Running = {
    pid: child.pid ?? 0,
    stdout: '',
    stderr: '',
    ended,
    kill: (signal) => void child.kill(signal),
    seen: (pattern) =>
      new Promise((resolve, reject) => {
        const check = () => {
          const match = pattern.exec(`${running.stdout}\n${running.stderr}`)
          if (match) resolve(match)
          return match !== null
        }
        if (check()) return
        const listener = () => check() && waiting.delete(listener)
        waiting.add(listener)
        ended.then(() => {
          if (!check())
            reject(new Error(`ended without ${pattern}:\n${running.stdout}\n${running.stderr}`))
        })
      })
  }
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text) => {
      running[stream] += text
      for (const check of waiting) check()
    })
  }
  t.teardown(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    try {
      process.kill(-running.pid, 'SIGKILL')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
    }
    await ended
  })
  return running
}
