import { outlineConfig } from '@scheduler-task/job-config/config-outline'
import type { Finding } from '@scheduler-task/job-config/finding'
import type { LaunchRequest } from '../domain/launching.ts'
import { type ConfigReading, configFindings } from './config-findings.ts'

/** Ours come last and win, so what the user gave them does not matter. */
const OVERRIDDEN = new Set(['spark.app.name', 'spark.yarn.tags'])
/** Of the driver: the script of 1.x makes options of them, which count for the launcher's own JVM. */
const FOR_THE_JVM_HERE = new Set(['spark.driver.extraClassPath', 'spark.driver.extraLibraryPath'])
const CONTROL = /\p{Cc}/u
/** What cannot be read further. */
const UNREAD = new Set(['CONFIG_UNREADABLE', 'SYNTAX', 'INCLUDE', 'ROOT_BRACE'])

/** What is known of the surroundings in which a launcher of 1.x or 2.0.x reads its config. */
export type WaterdropReading = Readonly<{ generation: 'waterdrop-1' | 'waterdrop-2' }> &
  Pick<ConfigReading, 'environment' | 'extraPlugins'>

/**
 * What is wrong with a config for the launchers of 1.x and 2.0.x, and what they could not be given without harm: each
 * finding says where and why.
 */
export function checkWaterdropConfig(
  request: LaunchRequest,
  reading: WaterdropReading
): readonly Finding[] {
  const isSpark = request.engine === 'spark'
  const found = configFindings(request, { ...reading, refuseRootBrace: isSpark })
  if (!isSpark || found.some(({ code }) => UNREAD.has(code))) return found
  const block = reading.generation === 'waterdrop-1' ? 'spark' : 'env'
  return [...found, ...checkWords(request, block)]
}

/** The Spark scripts split what they read out of the engine's block into words. */
function checkWords({ config, deployMode }: LaunchRequest, block: 'env' | 'spark'): Finding[] {
  const found: Finding[] = []
  for (const assignment of outlineConfig(config.toString()).assignments) {
    const { path, values, hasBlank, line, column } = assignment
    if (path[0] !== block) continue
    const name = path.slice(1).join('->')
    const refuse = (code: string, message: string) =>
      found.push({ severity: 'error', code, message, path: 'configFile', line, column })
    if (block === 'spark' && deployMode === 'client' && FOR_THE_JVM_HERE.has(name)) {
      refuse(
        'JVM_OF_THE_HOST',
        `${name} in spark would change the JVM on the service’s host: the script of 1.x gives it as an option of its own`
      )
    } else if (hasBlank && !OVERRIDDEN.has(name)) {
      refuse(
        'BLANK_IN_SETTING',
        `the value of ${name} in ${block} holds a blank (a list of several is printed with one) or a substitution, ` +
          'which may hold one: this launcher would take its second word for the job’s program'
      )
    } else if ([name, ...values].some((text) => CONTROL.test(text))) {
      refuse('CONTROL_IN_SETTING', `${block} holds a control character, which the script loses`)
    }
  }
  return found
}
