import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type SandboxCluster,
  writeSandboxCluster
} from '@scheduler-task/sandbox/launchers/sandbox-cluster'
import { type SandboxYarn, startYarn } from '@scheduler-task/sandbox/yarn/yarn'

/** The stand-ins that take the place of a cluster. */
export type Sandbox = {
  yarn: SandboxYarn
  cluster: SandboxCluster
  /** Variables that point the executor at the stand-ins. */
  variables: Record<string, string>
  close(): Promise<void>
}

/**
 * Starts the stand-ins with their state below `dir`: a ResourceManager that remembers its applications, and a set of
 * launchers that know it.
 */
export async function startSandbox(dir: string): Promise<Sandbox> {
  await mkdir(dir, { recursive: true, mode: 0o700 })
  const yarn = await startYarn({ stateFile: join(dir, 'yarn.json') })
  const cluster = await writeSandboxCluster(dir, { resourceManagerUrl: yarn.url })
  return {
    yarn,
    cluster,
    variables: { YARN_RM_URL: yarn.url, ...cluster.environment },
    close: () => yarn.close()
  }
}
