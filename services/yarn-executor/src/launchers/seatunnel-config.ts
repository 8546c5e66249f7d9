import { ConfigText } from '@scheduler-task/job-config/config-text'
import { ConfigValues } from '@scheduler-task/job-config/config-values'
import type { Finding } from '@scheduler-task/job-config/finding'
import {
  byFirstKey,
  type HoconDocument,
  type HoconField,
  type HoconNode,
  type HoconObject
} from '@scheduler-task/job-config/hocon-nodes'
import { readHocon } from '@scheduler-task/job-config/hocon-syntax'
import { HoconSyntaxError } from '@scheduler-task/job-config/hocon-tokens'
import type { LaunchRequest } from '../domain/launching.ts'
import { lineMask } from '../domain/secret-masking.ts'

/** `${name}` and nothing else. */
const PLAIN_REFERENCE = /^[A-Za-z_][A-Za-z0-9_.-]*(?:->[A-Za-z_][A-Za-z0-9_.-]*)*$/
const SETTING_NAME = /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/
const MAX_DEPTH = 100
/** More are not told. */
const MAX_FINDINGS = 100

/** One entry of the env block. */
export type EnvSetting = Readonly<{
  name: string
  /** As Java prints it, placeholders filled in. */
  value: string
  line: number
  column: number
}>

export type SeatunnelConfig = Readonly<{
  /** Errors: the config cannot be read, or its env block holds what cannot be told from here. */
  findings: readonly Finding[]
  /** In the order of the text; the later of two of one name wins. */
  env: readonly EnvSetting[]
  /** Texts elsewhere that a placeholder of the env block may stand for, whichever of them counts. */
  reachable: readonly string[]
  /** Names of plugins, as written. */
  plugins: Readonly<Record<'source' | 'sink', readonly string[]>>
}>

/**
 * Reads a config of SeaTunnel 2.3: HOCON, or strict JSON when its name says so. What the env block holds becomes part of
 * a command line, so only what can be known for certain is taken: no reference to a block, to an environment variable, to
 * what refers to something else.
 */
export function readSeatunnelConfig(request: LaunchRequest): SeatunnelConfig {
  const { config, configName, variables } = request
  const text = config.toString()
  try {
    const document = readHocon(text, { strict: /\.json$/i.test(configName) })
    return new EnvReader(document, new ConfigText(text, lineMask), variables).read()
  } catch (error) {
    if (!(error instanceof HoconSyntaxError)) throw error
    const findings = [finding(error.message, {})]
    return { findings, env: [], reachable: [], plugins: { source: [], sink: [] } }
  }
}

/** All that stands at the top of a config under one name. */
type Definitions = Readonly<{ fields: readonly HoconField[]; areWrittenOut: boolean }>

class EnvReader {
  readonly #root: HoconObject
  readonly #places: ConfigText
  readonly #values: ConfigValues
  readonly #variables: Readonly<Record<string, string>>
  readonly #findings: Finding[] = []
  readonly #env: EnvSetting[] = []
  readonly #reachable: string[] = []
  readonly #defined = new Map<string, Definitions>()
  #fields: ReadonlyMap<string, readonly HoconField[]> | undefined

  constructor(
    { root }: HoconDocument,
    places: ConfigText,
    variables: Readonly<Record<string, string>>
  ) {
    this.#root = root
    this.#places = places
    this.#variables = variables
    this.#values = new ConfigValues(root, { variables, environment: new Set() })
  }

  read(): SeatunnelConfig {
    for (const { path, value, at, appends } of this.#root.fields) {
      // A key with dots is one key to this parser; `env.x` would be in the env block to any other.
      const [first = '', ...rest] = path
      if (first !== 'env' && !first.startsWith('env.')) continue
      if (appends) this.#refuse(at, APPENDED)
      else if (rest.length > 0) this.#addSetting(rest, value, at)
      else this.#addBlock([], value, at)
    }
    return {
      findings: this.#findings,
      env: this.#env,
      reachable: this.#reachable,
      plugins: { source: this.#pluginsOf('source'), sink: this.#pluginsOf('sink') }
    }
  }

  #addBlock(path: readonly string[], node: HoconNode, at: number): void {
    if (path.length > MAX_DEPTH) this.#refuse(at, 'env is nested too deeply')
    else if (node.kind === 'object') {
      for (const field of node.fields) {
        if (field.appends) this.#refuse(field.at, APPENDED)
        else this.#addSetting([...path, ...field.path], field.value, field.at)
      }
    } else if (node.kind === 'concatenation' && node.parts.every(isObject)) {
      for (const part of node.parts) this.#addBlock(path, part, at)
    } else {
      this.#refuse(node.at, 'env must be a block { … } that is written out where it stands')
    }
  }

  #addSetting(path: readonly string[], node: HoconNode, at: number): void {
    if (!path.every((key) => SETTING_NAME.test(key))) {
      this.#refuse(at, BAD_NAME)
    } else if (isObject(node) || (node.kind === 'concatenation' && node.parts.some(isObject))) {
      this.#addBlock(path, node, at)
    } else {
      const value = this.#textOf(node)
      const name = path.join('->')
      if (value !== undefined) this.#env.push({ name, value, ...this.#places.positionOf(at) })
    }
  }

  /** As Java prints a value. Says itself why it cannot be known. */
  #textOf(node: HoconNode): string | undefined {
    if (node.kind === 'list') {
      const items = node.items.map((item) =>
        item.kind === 'list' ? undefined : this.#textOf(item)
      )
      if (items.every((item) => item !== undefined)) return `[${items.join(', ')}]`
      this.#refuse(node.at, 'a list in env must hold plain values only')
      return undefined
    }
    if (!this.#isKnown(node)) return undefined
    const text = this.#values.textOf(node)
    if (text === undefined)
      this.#refuse(node.at, 'what this value of env stands for is not known here')
    return text
  }

  #isKnown(node: HoconNode): boolean {
    switch (node.kind) {
      case 'text':
        return true
      case 'concatenation':
        return node.parts.every((part) => this.#isKnown(part))
      case 'reference':
        return this.#isKnownReference(node)
      default:
        this.#refuse(node.at, 'a value of env must be one text, number or list')
        return false
    }
  }

  #isKnownReference({
    name,
    path,
    optional,
    at
  }: Extract<HoconNode, { kind: 'reference' }>): boolean {
    if (optional || !PLAIN_REFERENCE.test(name.trim())) {
      this.#refuse(at, `a placeholder in env must be a plain \${name}`)
      return false
    }
    // Everything below the same name: which of it counts is the parser's matter.
    const defined = this.#definitionsOf(path[0] ?? '')
    if (defined.fields.length === 0) {
      if (Object.hasOwn(this.#variables, path.join('->'))) return true
      this.#refuse(
        at,
        `the placeholder \${${name}} in env has no value: it is no variable of the request`
      )
      return false
    }
    if (defined.areWrittenOut) return true
    this.#refuse(at, `\${${name}} in env must stand for a value that refers to nothing else`)
    return false
  }

  /** Looked at once for all references: there may be many of both. */
  #definitionsOf(key: string): Definitions {
    this.#fields ??= byFirstKey(this.#root)
    const known = this.#defined.get(key)
    if (known) return known
    const fields = this.#fields.get(key) ?? []
    const areWrittenOut = fields.every(({ value, appends }) => !appends && isWrittenOut(value))
    if (areWrittenOut) {
      for (const { value } of fields) for (const text of textsIn(value)) this.#reachable.push(text)
    }
    const defined = { fields, areWrittenOut }
    this.#defined.set(key, defined)
    return defined
  }

  #refuse(at: number, message: string): void {
    if (this.#findings.length >= MAX_FINDINGS) return
    this.#findings.push(finding(message, this.#places.positionOf(at)))
  }

  #pluginsOf(kind: 'source' | 'sink'): string[] {
    const blocks = this.#root.fields.filter(({ path }) => path[0] === kind)
    return blocks.flatMap(({ path, value }) => {
      if (path[1] !== undefined) return [path[1]]
      const items = value.kind === 'list' ? value.items : [value]
      return items.flatMap((item) => {
        if (item.kind !== 'object') return []
        const named = item.fields.find(({ path: [key] }) => key === 'plugin_name')
        if (named?.value.kind === 'text') return [named.value.text]
        return value.kind === 'list' ? [] : item.fields.flatMap(({ path: [key] }) => key ?? [])
      })
    })
  }
}

const BAD_NAME =
  'a name in env must be letters, digits, _ . and - only: it becomes an option of the launcher'
const APPENDED = 'env must be written without +=, which makes a list of a value and the one before'

function isObject(node: HoconNode): node is HoconObject {
  return node.kind === 'object'
}

/** No reference anywhere in it. */
function isWrittenOut(node: HoconNode): boolean {
  switch (node.kind) {
    case 'text':
      return true
    case 'reference':
      return false
    case 'object':
      return node.fields.every(({ value, appends }) => !appends && isWrittenOut(value))
    case 'list':
      return node.items.every(isWrittenOut)
    case 'concatenation':
      return node.parts.every(isWrittenOut)
  }
}

/** All texts of a value that refers to nothing. */
function textsIn(node: HoconNode): string[] {
  switch (node.kind) {
    case 'text':
      return [node.text]
    case 'reference':
      return []
    case 'object':
      return node.fields.flatMap(({ value }) => textsIn(value))
    case 'list':
      return node.items.flatMap(textsIn)
    case 'concatenation':
      return node.parts.flatMap(textsIn)
  }
}

function finding(message: string, place: Pick<Finding, 'line' | 'column'>): Finding {
  return { severity: 'error', code: 'BAD_CONFIG', path: 'configFile', message, ...place }
}
