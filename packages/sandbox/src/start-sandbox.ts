import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { startAzkaban } from './azkaban/azkaban.ts'
import type { Config } from './config.ts'
import { writeSampleConfigs } from './launchers/sample-configs.ts'
import { writeSandboxCluster } from './launchers/sandbox-cluster.ts'
import { startYarn } from './yarn/yarn.ts'

/** The version whose answers the interface document prints. */
const AZKABAN_VERSION = '2.5.0'

/** The stand-ins, listening. */
export type RunningSandbox = {
  yarnUrl: string
  azkabanUrl: string
  /** Ends both; live applications become KILLED first. */
  close(): Promise<void>
}

/**
 * Starts the stand-ins for YARN and Azkaban, and writes the launchers and sample configs that were asked for. Azkaban
 * comes last: who waits for it finds everything else in its place.
 */
export async function startSandbox(config: Config): Promise<RunningSandbox> {
  const { HOST: host } = config
  await mkdir(config.DATA_DIR, { recursive: true, mode: 0o700 })
  const yarn = await startYarn({
    host,
    port: config.YARN_PORT,
    nodeManagerPort: config.NODE_MANAGER_PORT,
    stateFile: join(config.DATA_DIR, 'yarn.json'),
    ...publicAddresses(config)
  })
  try {
    if (config.FILE_ROOT) await writeSampleConfigs(config.FILE_ROOT)
    const seenByOthers = `http://${config.PUBLIC_NAME ?? host}:${new URL(yarn.url).port}`
    if (config.LAUNCHERS_DIR) {
      await writeSandboxCluster(config.LAUNCHERS_DIR, {
        resourceManagerUrl: seenByOthers,
        selfContained: true
      })
    }
    const azkaban = await startAzkaban({
      version: AZKABAN_VERSION,
      host,
      port: config.AZKABAN_PORT,
      yarnUrl: seenByOthers,
      stateFile: join(config.DATA_DIR, 'azkaban.json')
    })
    return {
      yarnUrl: yarn.url,
      azkabanUrl: azkaban.url,
      async close() {
        await azkaban.close()
        await yarn.close()
      }
    }
  } catch (error) {
    await yarn.close()
    throw error
  }
}

/** By what the servers of YARN call themselves in their answers: where they listen, unless others know them by a name. */
function publicAddresses({ PUBLIC_NAME: name, YARN_PORT, NODE_MANAGER_PORT }: Config) {
  if (!name) return {}
  return {
    webAddress: `${name}:${YARN_PORT}`,
    nodeHttpAddress: `${name}:${NODE_MANAGER_PORT}`
  }
}
