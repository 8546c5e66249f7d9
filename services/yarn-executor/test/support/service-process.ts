import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Test } from 'tap'
import { callsTo, type Executor } from './executor.ts'

export type ServiceProcess = Pick<Executor, 'get' | 'post'> & {
  url: string
  /** SIGKILL, and resolves once it is gone. */
  kill: () => Promise<void>
}

const SERVER = join(import.meta.dirname, '../../src/server.ts')

/** The service as a process of its own, on a free port; killed at the end of the test. */
export async function startService(
  t: Test,
  variables: Record<string, string>
): Promise<ServiceProcess> {
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', '--conditions=@scheduler-task/source', SERVER],
    { env: { ...variables, LOG_LEVEL: 'info' }, stdio: ['ignore', 'pipe', 'inherit'] }
  )
  const kill = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  }
  t.teardown(kill)
  const url = await addressIn(child)
  return { url, kill, ...callsTo(url) }
}

async function addressIn(child: ChildProcess): Promise<string> {
  if (!child.stdout) throw new Error('no output to read')
  for await (const line of createInterface({ input: child.stdout })) {
    const url = /Server listening at (http:\/\/127\.0\.0\.1:\d+)/.exec(line)?.[1]
    if (!url) continue
    child.stdout.resume()
    return url
  }
  throw new Error(`the service did not start: ${child.exitCode ?? child.signalCode}`)
}
