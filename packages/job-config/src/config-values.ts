import type { HoconField, HoconNode, HoconObject, HoconReference } from './hocon-nodes.ts'

/** Where names are looked up that the config does not define. */
export type Surroundings = Readonly<{
  /** Given with the start (`-i key=value`). */
  variables: Readonly<Record<string, string>>
  /** Names in the environment of whoever resolves the config; undefined: not known. */
  environment: ReadonlySet<string> | undefined
}>

/** One option of a block after merging: the last definition wins. */
export type Option = Readonly<{ name: string; at: number; value: HoconNode }>
export type ObjectView = Readonly<{
  options: ReadonlyMap<string, Option>
  /** False: a part of it is not known here. */
  complete: boolean
}>

/** `file`, `environment`, `variable`: defined there; `maybe`: what it leads through is not known here. */
export type Definition = 'file' | 'environment' | 'variable' | 'maybe' | 'none'

type Branch = {
  /** Undefined: none. */
  children: Map<string, Branch> | undefined
  readonly values: HoconNode[]
  /** Not all its keys are known: it is a reference, or put together with one. */
  open: boolean
}

const MAX_STEPS = 100_000
const MAX_TEXT = 100_000
const MAX_HOPS = 20
/** Properties that each JVM, Spark's driver and YARN's containers have. */
const RUNTIME_NAME =
  /^(java|user|os|file|line|path|sun|jdk|spark|yarn|hadoop|log4j|logback)\.|^(CONTAINER_ID|NM_\w+|YARN_\w+|HADOOP_\w+|SPARK_\w+|FLINK_\w+|JAVA_HOME|LOCAL_DIRS|LOG_DIRS|LOCAL_USER_DIRS|APPLICATION_WEB_PROXY_BASE|PWD|HOME|USER|LOGNAME|SHELL|PATH|HOSTNAME|LANG|LC_\w+|TZ|TMPDIR)$/

/** What a config says once references and later definitions are taken into account, computed on demand, in bounds. */
export class ConfigValues {
  readonly root: HoconObject
  readonly #surroundings: Surroundings
  /** Made for the first reference that is looked up. */
  #indexed: Branch | undefined
  #steps = 0

  constructor(root: HoconObject, surroundings: Surroundings) {
    this.root = root
    this.#surroundings = surroundings
  }

  get #tree(): Branch {
    if (!this.#indexed) {
      this.#indexed = newBranch()
      this.#index(this.root, this.#indexed)
    }
    return this.#indexed
  }

  /** Who defines what a reference names; `inside` is the key that its own definition belongs to. */
  definitionOf(reference: HoconReference, inside: readonly string[]): Definition {
    const branch = this.#branchOf(reference.path)
    if (branch === 'maybe') return 'maybe'
    if (branch) {
      const isOwn = reference.path.every((key, index) => inside[index] === key)
      const earlier = branch.values.some(
        (value) => value.at < reference.at && !within(value, reference)
      )
      if (!isOwn || earlier) return 'file'
    }
    const { variables, environment } = this.#surroundings
    if (environment?.has(reference.name)) return 'environment'
    if (Object.hasOwn(variables, reference.name)) return 'variable'
    if (RUNTIME_NAME.test(reference.name)) return 'environment'
    return environment === undefined ? 'maybe' : 'none'
  }

  /** The text that a value stands for; undefined when it is none, or not known here. */
  textOf(node: HoconNode, hops = 0): string | undefined {
    if (++this.#steps > MAX_STEPS || hops > MAX_HOPS) return undefined
    switch (node.kind) {
      case 'text':
        return node.text
      case 'reference': {
        const value = this.#lastValue(node)
        if (value) return this.textOf(value, hops + 1)
        const { variables, environment } = this.#surroundings
        if (environment?.has(node.name)) return undefined
        return node.optional ? undefined : ownValue(variables, node.name)
      }
      case 'concatenation': {
        let text = ''
        for (const [index, part] of node.parts.entries()) {
          const piece = this.textOf(part, hops + 1)
          if (piece === undefined || text.length > MAX_TEXT) return undefined
          text += (index > 0 && node.gaps[index] ? ' ' : '') + piece
        }
        return text
      }
      default:
        return undefined
    }
  }

  /** The texts of a list, or the one text; undefined when it is neither, or not known here. */
  textsOf(node: HoconNode): readonly string[] | undefined {
    const list = this.#follow(node)
    if (list?.kind !== 'list') {
      const text = this.textOf(node)
      return text === undefined ? undefined : [text]
    }
    const texts = list.items.slice(0, 1000).map((item) => this.textOf(item))
    return texts.every((text) => text !== undefined) ? texts : undefined
  }

  /** `text` (also a number, a boolean or null), `object`, `list`; undefined when it is not known here. */
  kindOf(node: HoconNode): 'text' | 'object' | 'list' | undefined {
    const value = this.#follow(node)
    if (!value || value.kind === 'reference') return undefined
    if (value.kind !== 'concatenation') return value.kind
    const first = value.parts.find(({ kind }) => kind !== 'reference')
    return first && first.kind !== 'concatenation' && first.kind !== 'reference'
      ? first.kind
      : undefined
  }

  /** The list that a value is, references followed. */
  itemsOf(node: HoconNode): readonly HoconNode[] | undefined {
    const value = this.#follow(node)
    return value?.kind === 'list' ? value.items : undefined
  }

  /** The object that a value is, all its parts merged. */
  objectOf(node: HoconNode): ObjectView | undefined {
    const options = new Map<string, Option>()
    const complete = this.#collect(node, options, 0)
    return complete === undefined ? undefined : { options, complete }
  }

  /** The fields of an object as written, in order; undefined for what is put together of several parts. */
  fieldsOf(node: HoconNode): readonly HoconField[] | undefined {
    const value = this.#follow(node)
    return value?.kind === 'object' ? value.fields : undefined
  }

  #collect(node: HoconNode, options: Map<string, Option>, hops: number): boolean | undefined {
    if (++this.#steps > MAX_STEPS || hops > MAX_HOPS) return false
    if (node.kind === 'object') {
      for (const { path, at, value } of node.fields) {
        const [name = ''] = path
        options.set(name, { name, at, value: path.length > 1 ? nested(path, value, at) : value })
      }
      return true
    }
    if (node.kind === 'concatenation') {
      const parts = node.parts.map((part) => this.#collect(part, options, hops + 1))
      if (parts.every((part) => part === undefined)) return undefined
      return parts.every((part) => part === true)
    }
    if (node.kind !== 'reference') return undefined
    const branch = this.#branchOf(node.path)
    if (!branch || branch === 'maybe') return false
    const parts = branch.values.map((value) =>
      within(value, node) ? true : this.#collect(value, options, hops + 1)
    )
    return parts.length > 0 && parts.every((part) => part !== undefined)
  }

  #follow(node: HoconNode): HoconNode | undefined {
    let value: HoconNode | undefined = node
    for (let hops = 0; value?.kind === 'reference'; hops++) {
      if (hops > MAX_HOPS) return undefined
      value = this.#lastValue(value)
    }
    return value
  }

  #lastValue(reference: HoconReference): HoconNode | undefined {
    const branch = this.#branchOf(reference.path)
    if (!branch || branch === 'maybe') return undefined
    return branch.values.findLast((value) => !within(value, reference))
  }

  #branchOf(path: readonly string[]): Branch | 'maybe' | undefined {
    let branch: Branch = this.#tree
    for (const key of path) {
      const next = branch.children?.get(key)
      if (!next) return branch.open ? 'maybe' : undefined
      branch = next
    }
    return branch
  }

  #index(object: HoconObject, branch: Branch): void {
    for (const { path, value: given, appends } of object.fields) {
      const { at: start, end } = given
      const value: HoconNode = appends ? { kind: 'list', items: [given], at: start, end } : given
      let at = branch
      for (const key of path) {
        at.children ??= new Map()
        const next: Branch = at.children.get(key) ?? newBranch()
        at.children.set(key, next)
        at = next
      }
      at.values.push(value)
      this.#indexValue(value, at)
    }
  }

  #indexValue(value: HoconNode, branch: Branch): void {
    if (value.kind === 'object') this.#index(value, branch)
    else if (value.kind === 'reference') branch.open = true
    else if (value.kind === 'concatenation') {
      for (const part of value.parts) this.#indexValue(part, branch)
    }
  }
}

/** Of an object's own keys only: a variable may be called `constructor`. */
function ownValue(values: Readonly<Record<string, string>>, name: string): string | undefined {
  return Object.hasOwn(values, name) ? values[name] : undefined
}

function newBranch(): Branch {
  return { children: undefined, values: [], open: false }
}

function nested(path: readonly string[], value: HoconNode, at: number): HoconNode {
  const field: HoconField = { path: path.slice(1), quoted: false, at, value, appends: false }
  return { kind: 'object', fields: [field], at, end: at }
}

/** A reference inside its own definition looks at the earlier ones. */
function within(value: HoconNode, reference: HoconReference): boolean {
  return value.at <= reference.at && reference.at < value.end
}
