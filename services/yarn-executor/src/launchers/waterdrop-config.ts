import { ConfigText } from '@scheduler-task/job-config/config-text'
import type { Finding } from '@scheduler-task/job-config/finding'
import {
  byFirstKey,
  type HoconField,
  type HoconNode,
  type HoconObject,
  type HoconReference
} from '@scheduler-task/job-config/hocon-nodes'
import { readHocon } from '@scheduler-task/job-config/hocon-syntax'
import type { LaunchRequest } from '../domain/launching.ts'
import { lineMask } from '../domain/secret-masking.ts'
import { type ConfigReading, configFindings } from './config-findings.ts'

/** Ours come last and win, so what the user gave them does not matter. */
const OVERRIDDEN = new Set(['spark.app.name', 'spark.yarn.tags'])
/** Of the driver: the script of 1.x makes options of them, which count for the launcher's own JVM. */
const FOR_THE_JVM_HERE = new Set(['spark.driver.extraClassPath', 'spark.driver.extraLibraryPath'])
const CONTROL = /\p{Cc}/u
/** More are not told. */
const MAX_FINDINGS = 100
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
  return [...found, ...checkWords(request, block, reading.environment)]
}

/** The Spark scripts split what they read out of the engine's block into words. */
function checkWords(
  request: LaunchRequest,
  block: 'env' | 'spark',
  surroundings: Names
): Finding[] {
  const text = request.config.toString()
  const { root } = readHocon(text, { strict: false })
  const places = new ConfigText(text, lineMask)
  const words = new Words(root, request.variables, surroundings)
  const { deployMode } = request
  const found: Finding[] = []
  for (const { name, at, hasBlank, hasControl } of words.settingsOf(block)) {
    if (found.length === MAX_FINDINGS) break
    const refuse = (code: string, message: string) => {
      const { line, column } = places.positionOf(at)
      const lineText = places.lineText(line)
      found.push({ severity: 'error', code, message, path: 'configFile', line, column, lineText })
    }
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
    } else if (hasControl) {
      refuse('CONTROL_IN_SETTING', `${block} holds a control character, which the script loses`)
    }
  }
  return found
}

type Names = ReadonlySet<string> | undefined
type Printed = Readonly<{ hasBlank: boolean; hasControl: boolean }>
/** One entry of the engine's block as the launcher prints it, `name=value`. */
type PrintedSetting = Printed & Readonly<{ name: string; at: number }>

/** What the settings of a config look like when they are printed, as far as the scripts' shell cares. */
class Words {
  /** By their first key. */
  readonly #fields: ReadonlyMap<string, readonly HoconField[]>
  readonly #variables: Readonly<Record<string, string>>
  /** Names of the launcher's environment; undefined: not known. */
  readonly #environment: Names

  constructor(root: HoconObject, variables: Readonly<Record<string, string>>, environment: Names) {
    this.#fields = byFirstKey(root)
    this.#variables = variables
    this.#environment = environment
  }

  settingsOf(block: string): PrintedSetting[] {
    const fields = this.#fields.get(block) ?? []
    return fields.flatMap((field) => this.#settings(field, field.path.slice(1)))
  }

  #settings({ value, at, appends }: HoconField, path: readonly string[]): PrintedSetting[] {
    const parts = value.kind === 'concatenation' ? value.parts : [value]
    const inner = parts.flatMap((part) =>
      part.kind === 'object'
        ? part.fields.flatMap((field) => this.#settings(field, [...path, ...field.path]))
        : []
    )
    if (!appends && parts.every(({ kind }) => kind === 'object')) return inner
    const name = path.join('->')
    const printed = joined([printedText(name), this.#printed(value)], appends)
    return [{ name, at, ...printed }, ...inner]
  }

  #printed(node: HoconNode): Printed {
    switch (node.kind) {
      case 'text':
        return printedText(node.text)
      case 'reference':
        return { hasBlank: !this.#isOneWord(node), hasControl: false }
      case 'object':
        return NOTHING
      case 'list': {
        const items = node.items.map((item) => this.#printed(item))
        const isOne = node.items.length <= 1 && node.items[0]?.kind !== 'object'
        return joined(items, !isOne)
      }
      case 'concatenation': {
        const lists = node.parts.some(({ kind }) => kind === 'list')
        const gaps = node.gaps.some((gap, index) => gap && index > 0)
        return joined(
          node.parts.map((part) => this.#printed(part)),
          lists || gaps
        )
      }
    }
  }

  /** A variable's value has no blanks; the file comes before the environment, and that before the variables. */
  #isOneWord({ path, name, optional }: HoconReference): boolean {
    const defined = this.#fields.get(path[0] ?? '')
    if (defined) {
      return defined.every(
        ({ path: own, value, appends }) =>
          own.length === 1 &&
          path.length === 1 &&
          !appends &&
          value.kind === 'text' &&
          !printedText(value.text).hasBlank
      )
    }
    if (this.#environment === undefined || this.#environment.has(name)) return false
    return optional || Object.hasOwn(this.#variables, name)
  }
}

const NOTHING: Printed = { hasBlank: false, hasControl: false }

function printedText(text: string): Printed {
  return { hasBlank: /\s/.test(text), hasControl: CONTROL.test(text) }
}

function joined(parts: readonly Printed[], apart: boolean): Printed {
  return {
    hasBlank: apart || parts.some(({ hasBlank }) => hasBlank),
    hasControl: parts.some(({ hasControl }) => hasControl)
  }
}
