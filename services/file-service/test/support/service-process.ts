import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'

const FOLDER = fileURLToPath(new URL('../..', import.meta.url))
const RUN = ['--import', 'tsx', '--conditions=@scheduler-task/source', 'src/server.ts']

/** The service as a process of its own. */
export type ServiceProcess = {
  url: string
  port: number
  child: ChildProcess
  output(): string
  /** Signals it and waits for its end. */
  end(signal: NodeJS.Signals): Promise<{ code: number | null; signal: string | null }>
}

/**
 * Starts `src/server.ts` with exactly these variables and waits until it listens; ended with the test. `limits` are
 * options of the shell's ulimit: `-f 1024` lets no file grow over 1 MiB.
 */
export async function startProcess(
  t: Test,
  variables: Record<string, string>,
  limits = ''
): Promise<ServiceProcess> {
  const { child, output, ended } = launch(t, variables, limits)
  const port = await new Promise<number>((resolve, reject) => {
    child.stdout?.on('data', () => {
      const found = /listening at http:\/\/127\.0\.0\.1:(\d+)/.exec(output())
      if (found) resolve(Number(found[1]))
    })
    ended.then(() => reject(new Error(`it ended before it listened:\n${output()}`)))
  })
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    child,
    output,
    async end(signal) {
      child.kill(signal)
      return ended
    }
  }
}

/** Starts it with a configuration that it must refuse; answers how it ended and what it said. */
export async function startRefused(t: Test, variables: Record<string, string>) {
  const { output, ended } = launch(t, variables, '')
  const { code } = await ended
  return { code, output: output() }
}

function launch(t: Test, variables: Record<string, string>, limits: string) {
  // tap adds NODE_OPTIONS for its own bookkeeping; the service is to run as it does without tap.
  const prepare = `unset NODE_OPTIONS; ${limits === '' ? '' : `ulimit ${limits} && `}`
  const child = spawn('/bin/sh', ['-c', `${prepare}exec "$0" "$@"`, process.execPath, ...RUN], {
    cwd: FOLDER,
    env: { PATH: process.env.PATH ?? '', PORT: '0', AUTH_MODE: 'off', ...variables },
    stdio: ['ignore', 'pipe', 'pipe']
  })
  let text = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (piece: string) => {
      text += piece
    })
  }
  const ended = once(child, 'exit').then(([code, signal]) => ({ code, signal }))
  t.teardown(async () => {
    child.kill('SIGKILL')
    await ended
  })
  return { child, output: () => text, ended }
}
