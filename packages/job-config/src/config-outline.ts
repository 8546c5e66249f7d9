import { type ConfigToken, ConfigTokens, type Position } from './config-tokens.ts'
import { rememberLast } from './remember-last.ts'

export type ConfigProblem = Position & Readonly<{ message: string }>

/** One `key = value` of the text. */
export type Assignment = Position &
  Readonly<{
    /** Keys from the root; a key with dots is one key (the parser's separator is `->`, waterdrop.md §4). */
    path: readonly string[]
    /** One text, or the elements of a list. Substitutions stay as written. */
    values: readonly string[]
    /** Printed as `key=value`, it would hold a blank, or may: what a substitution stands for is not known here. */
    hasBlank: boolean
  }>

/** What can be said of a HOCON text without evaluating it. */
export type ConfigOutline = Readonly<{
  /** At most {@link MAX_PROBLEMS}. */
  problems: readonly ConfigProblem[]
  /** The whole text is one `{ … }`, as JSON is. */
  rootBrace: boolean
  /** Names at the root, in order, repeated ones too. */
  topLevelKeys: readonly string[]
  assignments: readonly Assignment[]
}>

export const MAX_PROBLEMS = 20
const NONE: string[] = []
const MAX_DEPTH = 200
/** Configs have dozens; this bounds the time that a text of a megabyte can take. */
const MAX_SETTINGS = 10_000

/** An open `{` or `[`, the text itself being the first. */
type Frame = {
  readonly list: boolean
  readonly path: readonly string[]
  readonly opened: Position
  /** `path`: split at each `->` that is not in quotes. */
  key: { text: string; quoted: boolean; path: string[]; at: Position } | undefined
  value: Value | undefined
  /** Blanks came since the last piece. */
  gap: boolean
}
type Value = { texts: string[]; last: string; isThere: boolean; hasBlank: boolean }

/**
 * Reads the shape of a HOCON text: braces, keys and values; strings and comments are told apart as the launcher's
 * parser does. It is no parser: what it accepts the launcher may still refuse. Time and memory are bounded.
 */
export const outlineConfig: (source: string) => ConfigOutline = rememberLast((source) => {
  const reader = new OutlineReader()
  const tokens = new ConfigTokens(source)
  for (let token = tokens.next(); token; token = tokens.next()) if (!reader.read(token)) break
  return reader.end()
})

class OutlineReader {
  readonly #problems: ConfigProblem[] = []
  readonly #topLevelKeys: string[] = []
  readonly #assignments: Assignment[] = []
  readonly #frames: Frame[] = [newFrame(false, [], { line: 1, column: 1 })]
  #settings = 0
  #rootBrace: 'none' | 'open' | 'closed' = 'none'

  /** False when the rest cannot be made sense of. */
  read(token: ConfigToken): boolean {
    const frame = this.#top()
    if (token.gap) frame.gap = true
    switch (token.kind) {
      case 'newline':
        if (frame.list && frame.value) endElement(frame.value)
        else if (frame.value?.isThere) this.#endSetting(frame, token)
        frame.gap = true
        return true
      case 'unterminated':
        this.#problem(token, `this ${token.text === '"' ? 'quoted text' : '${'} never ends`)
        return false
    }
    if (this.#rootBrace === 'closed') {
      this.#problem(token, 'text after the closing brace')
      return false
    }
    if (token.kind === '{' || token.kind === '[') return this.#open(frame, token)
    if (token.kind === '}' || token.kind === ']') return this.#close(frame, token)
    if (token.kind === ',') {
      if (!frame.list) this.#endSetting(frame, token)
      else if (frame.value) endElement(frame.value, true)
    } else if (token.kind === 'separator' && !frame.value) this.#beginValue(frame, token)
    else if (frame.value) addToValue(frame.value, token, frame.gap)
    else this.#addToKey(frame, token)
    frame.gap = false
    return this.#settings < MAX_SETTINGS
  }

  end(): ConfigOutline {
    const frame = this.#top()
    if (this.#problems.length === 0) {
      if (this.#frames.length === 1) this.#endSetting(frame, frame.opened)
      else this.#problem(frame.opened, `this ${frame.list ? '[' : '{'} is never closed`)
    }
    return {
      problems: this.#problems,
      rootBrace: this.#rootBrace !== 'none',
      topLevelKeys: this.#topLevelKeys,
      assignments: this.#assignments
    }
  }

  #top(): Frame {
    return this.#frames.at(-1) as Frame
  }

  #problem({ line, column }: Position, message: string): void {
    if (this.#problems.length < MAX_PROBLEMS) this.#problems.push({ line, column, message })
  }

  #addToKey(frame: Frame, token: ConfigToken): void {
    const quoted = token.kind !== 'text'
    if (!frame.key && token.text === 'include' && !quoted) {
      this.#problem(token, 'include is not accepted: it reads other files or addresses')
    }
    const gap = frame.key && frame.gap ? ' ' : ''
    frame.key ??= { text: '', quoted: false, path: [''], at: token }
    const { key } = frame
    if (quoted || !token.text.includes('->')) {
      key.path[key.path.length - 1] += gap + token.text
    } else {
      const [first = '', ...others] = token.text.split('->')
      key.path[key.path.length - 1] += gap + first
      key.path.push(...others)
    }
    key.text += gap + token.text
    key.quoted ||= quoted
  }

  #beginValue(frame: Frame, at: Position): void {
    const { key } = frame
    if (!key) this.#problem(at, 'a value without a key')
    else if (!key.quoted && key.text.length === 1) {
      this.#problem(key.at, `key ${key.text}: the launcher fails on keys of one character`)
    }
    if (++this.#settings === MAX_SETTINGS) this.#problem(at, `more than ${MAX_SETTINGS} settings`)
    if (frame.path.length === 0) this.#topLevelKeys.push(keyPath(frame)[0] ?? '')
    frame.value = newValue(/\s/.test(key?.text ?? ''))
  }

  #endSetting(frame: Frame, at: Position): void {
    const { key, value } = frame
    if (value?.isThere) {
      endElement(value)
      const { line, column } = key?.at ?? at
      const path = innerPath(frame)
      this.#assignments.push({ line, column, path, values: value.texts, hasBlank: value.hasBlank })
    } else if (key) this.#problem(key.at, `key ${key.text} has no value`)
    frame.key = undefined
    frame.value = undefined
  }

  #open(frame: Frame, token: ConfigToken): boolean {
    const list = token.kind === '['
    if (this.#frames.length > MAX_DEPTH) {
      this.#problem(token, `more than ${MAX_DEPTH} blocks inside one another`)
      return false
    }
    const isRoot = this.#frames.length === 1 && this.#topLevelKeys.length === 0 && !frame.key
    if (!frame.value && isRoot && !list) this.#rootBrace = 'open'
    else if (!frame.value && (list || !frame.key)) this.#problem(token, 'a block without a name')
    else if (!frame.value) this.#beginValue(frame, token)
    if (this.#settings >= MAX_SETTINGS) return false
    const path = frame.list ? frame.path : innerPath(frame)
    this.#frames.push(newFrame(list, path, token))
    return true
  }

  #close(frame: Frame, token: ConfigToken): boolean {
    const list = token.kind === ']'
    if (this.#frames.length === 1 || frame.list !== list) {
      this.#problem(token, `this ${token.text} closes nothing`)
      return false
    }
    if (!list) this.#endSetting(frame, token)
    else if (frame.value) endElement(frame.value)
    this.#frames.pop()
    const parent = this.#top()
    if (this.#frames.length === 1 && this.#rootBrace === 'open') this.#rootBrace = 'closed'
    if (!parent.value) return true
    parent.value.isThere = true
    parent.gap = false
    if (list) {
      for (const text of frame.value?.texts ?? NONE) addText(parent.value, text)
      parent.value.hasBlank ||= frame.value?.hasBlank ?? false
    }
    return true
  }
}

function newFrame(list: boolean, path: readonly string[], opened: Position): Frame {
  return {
    list,
    path,
    opened,
    key: undefined,
    value: list ? newValue(false) : undefined,
    gap: false
  }
}

function newValue(hasBlank: boolean): Value {
  return { texts: NONE, last: '', isThere: false, hasBlank }
}

function keyPath({ key }: Frame): readonly string[] {
  return key ? key.path.map((part) => part.trim()) : []
}

/** Of what the key of this block stands for. */
function innerPath(frame: Frame): readonly string[] {
  const path = keyPath(frame)
  return frame.path.length === 0 ? path : frame.path.concat(path)
}

function addToValue(value: Value, { kind, text }: ConfigToken, gap: boolean): void {
  const apart = gap && value.last !== ''
  value.hasBlank ||= apart || /\s/.test(text) || kind === 'substitution'
  value.last += (apart ? ' ' : '') + text
  value.isThere = true
}

/** Most settings have one text: an array that is made with it keeps no room for more, as a pushed to one does. */
function addText(value: Value, text: string): void {
  if (value.texts === NONE) value.texts = [text]
  else value.texts.push(text)
}

/** A list is printed as `[a, b]`: a comma brings a blank. */
function endElement(value: Value, comma = false): void {
  if (value.last !== '') addText(value, value.last)
  value.last = ''
  value.hasBlank ||= comma
}
