import type { OpenedUsers } from '@scheduler-task/gateway/adapters/user-file'
import { writeSampleConfigs } from '@scheduler-task/sandbox/launchers/sample-configs'
import type { Runnable } from '@scheduler-task/service-base/run-service'
import type { Launching } from '@scheduler-task/yarn-executor/domain/launching'
import { type Config, type Systems, systemsOf } from './config.ts'
import { checkLaunchersCanReach, openDataDirectory } from './data-directory.ts'
import { endLaunchers } from './end-launchers.ts'
import { createReleases } from './releases.ts'
import { startSandbox } from './sandbox.ts'
import { places, startServices } from './services.ts'

export type AllInOne = Runnable & {
  /** Absolute. */
  dataDir: string
  users: OpenedUsers
  systems: Systems
}

/**
 * Starts everything but the listening on PORT: data directory, sandbox where nothing real is configured, services,
 * gateway. `close` ends all of it, the sandbox's launchers too.
 * @throws ConfigError
 */
export async function startAllInOne(
  config: Config,
  variables: Readonly<Record<string, string | undefined>>
): Promise<AllInOne> {
  const data = await openDataDirectory(config.DATA_DIR)
  const releases = createReleases()
  releases.add(data.release)
  try {
    const at = places(data.path, config)
    const systems = systemsOf(config)
    const { yarn, azkaban } = systems
    if (yarn !== 'none') await checkLaunchersCanReach(data)
    const someStandIn = yarn === 'sandbox' || azkaban === 'sandbox'
    const sandbox = someStandIn ? await startSandbox(at.sandbox, systems) : undefined
    let launching: Launching | undefined
    if (yarn === 'sandbox') {
      releases.add(async () => launching && endLaunchers(launching, at.executor))
      await writeSampleConfigs(at.files)
    }
    if (sandbox) releases.add(sandbox.close)
    const services = await startServices(config, data.path, { ...variables, ...sandbox?.variables })
    launching = services.launching
    releases.add(services.close)
    return {
      listen: (options) => services.gateway.listen(options),
      close: releases.run,
      log: services.gateway.log,
      dataDir: data.path,
      users: services.users,
      systems
    }
  } catch (error) {
    await releases.run().catch(() => {})
    throw error
  }
}
