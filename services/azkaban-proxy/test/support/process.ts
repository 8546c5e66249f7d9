import { join } from 'node:path'
import {
  type Ended,
  type ServerProcess,
  startServer,
  startRefused as startToBeRefused
} from '@scheduler-task/test-support/server-process'
import type { Test } from 'tap'

const folder = join(import.meta.dirname, '../..')

/** The service as a process of its own, without authentication; see `startServer`. */
export function startProcess(t: Test, variables: Record<string, string>): Promise<ServerProcess> {
  return startServer(t, { folder, variables: { AUTH_MODE: 'off', ...variables } })
}

/** Starts it with a configuration that it must refuse; answers how it ended and what it said. */
export function startRefused(
  t: Test,
  variables: Record<string, string>
): Promise<Ended & { output: string }> {
  return startToBeRefused(t, { folder, variables: { AUTH_MODE: 'off', ...variables } })
}
