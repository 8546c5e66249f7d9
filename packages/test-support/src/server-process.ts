import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'

type Test = { teardown(end: () => Promise<void>): void }

export type ServerOptions = Readonly<{
  /** The package; its `src/server.ts` is run from source. */
  folder: string
  /** What is run in its place, seen from the folder. */
  entry?: string
  /** All that the process gets, besides a plain PATH and PORT=0. */
  variables: Readonly<Record<string, string>>
  /** Options of the shell's ulimit: `-f 1024` lets no file grow over 1 MiB. */
  limits?: string
}>

export type ServerProcess = Readonly<{
  /** `http://127.0.0.1:<port>` */
  url: string
  child: ChildProcess
  /** What it has printed so far: on both streams in the order in which it came, and on each alone. */
  output: () => string
  log: () => string
  errors: () => string
  /** Signals it and waits for its end. */
  end: (signal: NodeJS.Signals) => Promise<Ended>
}>

export type Ended = Readonly<{ code: number | null; signal: NodeJS.Signals | null }>

const START_LIMIT_MS = 60_000
const LISTENS = /Server listening at (http:\/\/127\.0\.0\.1:\d+)/

/**
 * Starts a service as a process of its own and waits until it listens on 127.0.0.1; killed at the end of the test.
 * @throws Error with its output when it ends before, or takes too long
 */
export async function startServer(t: Test, options: ServerOptions): Promise<ServerProcess> {
  const { child, output, log, errors, ended } = launch(t, options)
  const url = await new Promise<string>((resolve, reject) => {
    const fail = (what: string) => reject(new Error(`${what}:\n${output()}`))
    const limit = setTimeout(() => fail('it does not listen'), START_LIMIT_MS)
    child.stdout?.on('data', () => {
      const found = LISTENS.exec(output())?.[1]
      if (!found) return
      clearTimeout(limit)
      resolve(found)
    })
    void ended.then(() => {
      clearTimeout(limit)
      fail('it ended before it listened')
    })
  })
  return {
    url,
    child,
    output,
    log,
    errors,
    end: async (signal) => {
      child.kill(signal)
      return await ended
    }
  }
}

/** Starts it with a configuration that it must refuse; answers how it ended and what it said. */
export async function startRefused(
  t: Test,
  options: ServerOptions
): Promise<Ended & { output: string }> {
  const { ended, output } = launch(t, options)
  return { ...(await ended), output: output() }
}

function launch(t: Test, options: ServerOptions) {
  const { folder, entry = 'src/server.ts', variables, limits } = options
  // tap's runner adds NODE_OPTIONS for its own bookkeeping; the service is to run as it does without tap.
  const prepare = `unset NODE_OPTIONS; ${limits === undefined ? '' : `ulimit ${limits} && `}`
  const run = ['--import', 'tsx', '--conditions=@scheduler-task/source', entry]
  const child = spawn('/bin/sh', ['-c', `${prepare}exec "$0" "$@"`, process.execPath, ...run], {
    cwd: folder,
    env: { PATH: '/usr/local/bin:/usr/bin:/bin', PORT: '0', ...variables },
    stdio: ['ignore', 'pipe', 'pipe']
  })
  let output = ''
  let log = ''
  let errors = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
    log += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output += text
    errors += text
  })
  const ended = once(child, 'close').then(([code, signal]): Ended => ({ code, signal }))
  t.teardown(async () => {
    child.kill('SIGKILL')
    await ended
  })
  return { child, ended, output: () => output, log: () => log, errors: () => errors }
}
