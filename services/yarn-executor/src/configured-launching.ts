import { join } from 'node:path'
import { ConfigError } from '@scheduler-task/service-base/load-config'
import { inspectHost } from './adapters/launcher-host.ts'
import { createProcessLaunching } from './adapters/process-launching.ts'
import type { Config } from './config.ts'
import type { Launching } from './domain/launching.ts'
import { launcherEnvironment } from './launchers/launcher-environment.ts'
import { HOME_VARIABLES, type Installation } from './launchers/launcher-profile.ts'
import { hostedProfiles } from './launchers/launcher-profiles.ts'

/**
 * Launching with the profiles that the configuration names.
 * @throws ConfigError when this host or the installation it names cannot launch anything
 */
export async function configuredLaunching(config: Config): Promise<Launching> {
  try {
    const host = await inspectHost()
    const settings = { ...config, ...config['LAUNCHER_ENV_*'] }
    const environment = launcherEnvironment(settings, host.locale)
    const profiles = await hostedProfiles(
      {
        homes: homesOf(config),
        bash: host.bash,
        environment,
        extraPlugins: config.EXTRA_PLUGINS
      },
      { spark: config.SPARK_LAUNCHER, flink: config.FLINK_LAUNCHER }
    )
    return await createProcessLaunching({ root: attemptsRoot(config), host, profiles, environment })
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    // What is written before the first launch lies below DATA_DIR.
    const refused = error instanceof Error && 'syscall' in error && 'path' in error
    throw new ConfigError([refused ? `DATA_DIR: cannot be used: ${reason}` : reason])
  }
}

/** Those that are set. */
function homesOf(config: Config): Installation['homes'] {
  const given = HOME_VARIABLES.map((name) => [name, config[name]] as const)
  return Object.fromEntries(given.filter(([, home]) => home !== undefined))
}

/** Each attempt has a directory in it. */
export function attemptsRoot({ DATA_DIR }: Pick<Config, 'DATA_DIR'>): string {
  return join(DATA_DIR, 'attempts')
}
