const TOKEN =
  /--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|'(?:[^'\\]|\\[\s\S]|'')*(?:'|$)|"(?:[^"\\]|\\[\s\S])*(?:"|$)|`[^`]*(?:`|$)|[\p{L}_][\p{L}\p{N}_$]*|[^\s]/gu
/** In their brackets FROM does not name a table: `extract(year from x)`. */
const FUNCTIONS_WITH_FROM = new Set([
  'extract',
  'substring',
  'substr',
  'trim',
  'overlay',
  'position'
])
const NO_TABLE = new Set(['lateral', 'unnest', 'values', 'select', 'table', 'only', 'where'])
const MAX_SQL = 200_000

/**
 * The tables that stand alone after FROM and JOIN; what has a database in front, or is no plain name, is left out.
 * Names defined by WITH do not count. No parser of SQL: what is doubtful is not listed.
 */
export function tablesInSql(sql: string): readonly string[] {
  if (sql.length > MAX_SQL) return []
  const tokens = (sql.match(TOKEN) ?? []).filter(
    (token) => !token.startsWith('--') && !token.startsWith('/*')
  )
  const defined = new Set<string>()
  const tables = new Set<string>()
  const brackets: string[] = []
  for (const [index, token] of tokens.entries()) {
    const word = token.toLowerCase()
    const before = tokens[index - 1]?.toLowerCase() ?? ''
    if (token === '(') brackets.push(before)
    else if (token === ')') brackets.pop()
    else if (word === 'as' && tokens[index + 1] === '(') defined.add(before)
    else if (word === 'from' || word === 'join') {
      if (before === 'distinct' || FUNCTIONS_WITH_FROM.has(brackets.at(-1) ?? '')) continue
      for (const table of namesFrom(tokens, index + 1)) tables.add(table)
    }
  }
  return [...tables].filter((table) => !defined.has(table.toLowerCase()))
}

/** `one, two AS x, three y`: plain names, up to what is none. */
function namesFrom(tokens: readonly string[], start: number): string[] {
  const names: string[] = []
  for (let index = start; index < tokens.length; ) {
    const token = tokens[index] ?? ''
    const name = plainName(token)
    const next = tokens[index + 1] ?? ''
    if (name === undefined || NO_TABLE.has(name.toLowerCase()) || next === '.' || next === '(')
      break
    names.push(name)
    index++
    if ((tokens[index] ?? '').toLowerCase() === 'as') index++
    if (plainName(tokens[index] ?? '') !== undefined && tokens[index + 1] === ',') index++
    if (tokens[index] !== ',') break
    index++
  }
  return names
}

function plainName(token: string): string | undefined {
  if (/^[\p{L}_]/u.test(token)) return token
  return token.length > 2 && token.startsWith('`') ? token.slice(1, -1) : undefined
}
