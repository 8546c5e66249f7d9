import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { childProcesses } from '@scheduler-task/test-support/child-processes'
import { type ServerProcess, startServer } from '@scheduler-task/test-support/server-process'
import type { Test } from 'tap'

/** The gateway's package. */
export const folder = join(import.meta.dirname, '../..')

export type GatewayProcess = Omit<ServerProcess, 'end'> & {
  /** The processes that serve; `child` is their primary. */
  workers(): number[]
  /** The most memory that the one worker has ever had, and what it has now, in MiB. */
  peakMiB(): number
  nowMiB(): number
  end(signal: NodeJS.Signals): Promise<number | null>
}

/** The gateway as it is started, with this environment and no other; killed with the test. */
export async function spawnGateway(
  t: Test,
  environment: Record<string, string>
): Promise<GatewayProcess> {
  const server = await startServer(t, { folder, variables: environment })
  const workers = () => childProcesses(server.child.pid)
  const memory = (name: string) => {
    const status = readFileSync(`/proc/${workers()[0]}/status`, 'utf8')
    return Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1]) / 1024
  }
  return {
    ...server,
    workers,
    peakMiB: () => memory('VmHWM'),
    nowMiB: () => memory('VmRSS'),
    end: async (signal) => (await server.end(signal)).code
  }
}
