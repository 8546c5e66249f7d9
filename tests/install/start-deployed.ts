import { join } from 'node:path'
import type { Test } from 'tap'
import { type ServiceProcess, startCommand } from '../support/service-process.ts'

/** What systemd and the image give to a service beside its own variables. */
const CLEAN = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', PORT: '0' }

/** Starts a deployed service in a clean environment and from another directory; it ends with the test. */
export async function startDeployed(
  t: Test,
  start: { node: string; folder: string; says?: RegExp },
  variables: Record<string, string>
): Promise<ServiceProcess> {
  const { node, folder, says } = start
  return await startCommand(t, [node, join(folder, 'dist/server.js')], {
    environment: { ...CLEAN, ...variables },
    cwd: '/',
    ...(says ? { says } : {})
  })
}
