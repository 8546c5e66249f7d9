import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { startAzkaban } from '@scheduler-task/sandbox/azkaban/azkaban'
import { writeSandboxCluster } from '@scheduler-task/sandbox/launchers/sandbox-cluster'
import { startYarn } from '@scheduler-task/sandbox/yarn/yarn'
import type { Systems } from './config.ts'
import { createReleases } from './releases.ts'

/** The stand-ins that take the place of what is not configured. */
export type Sandbox = {
  /** Variables that point the services at the stand-ins. */
  variables: Readonly<Record<string, string>>
  close(): Promise<void>
}

/** The version whose answers the interface document prints. */
const AZKABAN_VERSION = '2.5.0'

/**
 * Starts the stand-ins with their state below `dir`: a ResourceManager that remembers its applications with a set of
 * launchers that know it, and an Azkaban whose jobs submit to it.
 */
export async function startSandbox(dir: string, { yarn, azkaban }: Systems): Promise<Sandbox> {
  const releases = createReleases()
  let variables: Record<string, string> = {}
  try {
    await mkdir(dir, { recursive: true, mode: 0o700 })
    let yarnUrl: string | undefined
    if (yarn === 'sandbox') {
      const standIn = await startYarn({ stateFile: join(dir, 'yarn.json') })
      releases.add(() => standIn.close())
      yarnUrl = standIn.url
      const cluster = await writeSandboxCluster(dir, { resourceManagerUrl: yarnUrl })
      variables = { YARN_RM_URL: yarnUrl, ...cluster.environment }
    }
    if (azkaban === 'sandbox') {
      const standIn = await startAzkaban({
        version: AZKABAN_VERSION,
        stateFile: join(dir, 'azkaban.json'),
        // Beside a real YARN its applications are made up.
        ...(yarnUrl ? { yarnUrl } : {})
      })
      releases.add(() => standIn.close())
      variables = { ...variables, AZKABAN_URL: standIn.url }
    }
    return { variables, close: releases.run }
  } catch (error) {
    await releases.run().catch(() => {})
    throw error
  }
}
