import { join } from 'node:path'
import { ConfigError } from '@scheduler-task/service-base/load-config'
import { inspectHost } from './adapters/launcher-host.ts'
import { createProcessLaunching } from './adapters/process-launching.ts'
import type { Config } from './config.ts'
import type { Launching } from './domain/launching.ts'
import { launcherEnvironment } from './launchers/launcher-environment.ts'
import { createWaterdrop2 } from './launchers/waterdrop-2.ts'

/**
 * Launching with the profiles that the configuration names.
 * @throws ConfigError when this host or the installation it names cannot launch anything
 */
export async function configuredLaunching(config: Config): Promise<Launching> {
  try {
    const host = await inspectHost()
    const settings = { ...config, ...config['LAUNCHER_ENV_*'] }
    const environment = launcherEnvironment(settings, host.locale)
    const home = config.WATERDROP_HOME
    const profiles = {
      'waterdrop-2': await createWaterdrop2({ home, bash: host.bash, environment })
    }
    return await createProcessLaunching({
      root: attemptsRoot(config),
      host,
      profiles: { spark: profiles[config.SPARK_LAUNCHER], flink: profiles[config.FLINK_LAUNCHER] }
    })
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    // What is written before the first launch lies below DATA_DIR.
    const refused = error instanceof Error && 'syscall' in error && 'path' in error
    throw new ConfigError([refused ? `DATA_DIR: cannot be used: ${reason}` : reason])
  }
}

/** Each attempt has a directory in it. */
export function attemptsRoot({ DATA_DIR }: Pick<Config, 'DATA_DIR'>): string {
  return join(DATA_DIR, 'attempts')
}
