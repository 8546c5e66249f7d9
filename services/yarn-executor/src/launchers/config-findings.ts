import {
  type CheckOptions,
  type ConfigGeneration,
  checkJobConfig
} from '@scheduler-task/job-config/check-job-config'
import type { Finding } from '@scheduler-task/job-config/finding'
import type { LaunchRequest } from '../domain/launching.ts'
import { lineMask } from '../domain/secret-masking.ts'

export const MAX_CONFIG_BYTES = 1024 * 1024

/** How a profile reads a config. Without `environment` nothing is said of what might be defined there. */
export type ConfigReading = Readonly<{
  generation: ConfigGeneration
  /** Names of the launcher's environment. */
  environment?: ReadonlySet<string> | undefined
  /** `EXTRA_PLUGINS` */
  extraPlugins?: readonly string[]
  /** The profile adds a block at the end, which a config in braces would not take. */
  refuseRootBrace?: boolean
}>

/** What is wrong with the config of a request, for any profile that is given configs; it takes milliseconds. */
export function configFindings(
  request: Pick<LaunchRequest, 'config' | 'configName' | 'engine' | 'variables'>,
  { generation, environment, extraPlugins = [], refuseRootBrace = false }: ConfigReading
): readonly Finding[] {
  const { config, configName, engine, variables } = request
  if (config.byteLength > MAX_CONFIG_BYTES) {
    return [unreadable(`is larger than ${MAX_CONFIG_BYTES} bytes`)]
  }
  const text = asText(config)
  if (text === undefined) return [unreadable('is not UTF-8')]
  if (text.includes('\0')) return [unreadable('holds a NUL character')]
  const json = generation === 'seatunnel-2.3' && /\.json$/i.test(configName)
  const options: CheckOptions = {
    generation,
    engine,
    json,
    refuseRootBrace,
    extraPlugins,
    variables,
    environment,
    mask: lineMask
  }
  return checkJobConfig(text, options)
}

function asText(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}

function unreadable(message: string): Finding {
  return { severity: 'error', code: 'CONFIG_UNREADABLE', path: 'configFile', message }
}
