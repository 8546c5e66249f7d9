// JSON as it stands on the wire: order, repeated keys and the spelling of numbers survive.

export type Tree =
  | { readonly kind: 'object'; readonly members: ReadonlyArray<readonly [string, Tree]> }
  | { readonly kind: 'array'; readonly items: readonly Tree[] }
  | { readonly kind: 'string' | 'integer' | 'float' | 'word'; readonly text: string }

const tokens = /\s*([{}[\],:]|"(?:[^"\\]|\\.)*"|[\w.+-]+)\s*/y

/** Throws SyntaxError for what is not JSON (bare words like NaN pass as words). */
export function parseTree(text: string): Tree {
  const found: string[] = []
  tokens.lastIndex = 0
  while (tokens.lastIndex < text.length) {
    const at = tokens.lastIndex
    const token = tokens.exec(text)?.[1]
    if (token === undefined) throw new SyntaxError(`not JSON at ${at}: ${text.slice(at, at + 20)}`)
    found.push(token)
  }
  const reader = { found, at: 0 }
  const tree = value(reader)
  if (reader.at !== found.length) throw new SyntaxError('more after the end')
  return tree
}

interface Reader {
  readonly found: readonly string[]
  at: number
}

function value(reader: Reader): Tree {
  const token = next(reader)
  if (token === '{') return { kind: 'object', members: list(reader, '}', member) }
  if (token === '[') return { kind: 'array', items: list(reader, ']', value) }
  if (token.startsWith('"')) return { kind: 'string', text: JSON.parse(token) }
  if (/^-?\d+$/.test(token)) return { kind: 'integer', text: token }
  if (/^-?\d/.test(token)) return { kind: 'float', text: token }
  return { kind: 'word', text: token }
}

function member(reader: Reader): readonly [string, Tree] {
  const key: string = JSON.parse(next(reader))
  if (next(reader) !== ':') throw new SyntaxError(`no colon after ${key}`)
  return [key, value(reader)]
}

function list<T>(reader: Reader, end: string, one: (reader: Reader) => T): T[] {
  const items: T[] = []
  if (reader.found[reader.at] === end) {
    reader.at++
    return items
  }
  for (;;) {
    items.push(one(reader))
    const token = next(reader)
    if (token === end) return items
    if (token !== ',') throw new SyntaxError(`expected a comma, got ${token}`)
  }
}

function next(reader: Reader): string {
  const token = reader.found[reader.at++]
  if (token === undefined) throw new SyntaxError('too short')
  return token
}
