import { join } from 'node:path'
import { startServer } from '@scheduler-task/test-support/server-process'
import type { Test } from 'tap'
import { callsTo, type Executor } from './executor.ts'

export type ServiceProcess = Pick<Executor, 'get' | 'post'> & {
  url: string
  /** SIGKILL, and resolves once it is gone. */
  kill: () => Promise<void>
  /** SIGTERM, likewise. */
  stop: () => Promise<void>
  /** Does something while the service stands still. */
  meanwhileHalted: (act: () => void) => void
}

const FOLDER = join(import.meta.dirname, '../..')

/** The service as a process of its own, on a free port; killed at the end of the test. */
export async function startService(
  t: Test,
  variables: Record<string, string>
): Promise<ServiceProcess> {
  const given = { ...variables, LOG_LEVEL: 'info' }
  const { url, child, end } = await startServer(t, { folder: FOLDER, variables: given })
  return {
    url,
    kill: async () => void (await end('SIGKILL')),
    stop: async () => void (await end('SIGTERM')),
    meanwhileHalted: (act) => {
      child.kill('SIGSTOP')
      try {
        act()
      } finally {
        child.kill('SIGCONT')
      }
    },
    ...callsTo(url)
  }
}
