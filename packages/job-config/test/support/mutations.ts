/** A valid config with one thing broken by a rule that knows nothing of the checks. */
export type Mutation = Readonly<{ rule: string; text: string; what: string }>

const BLOCK = /^[ \t]*(?:env|spark|source|input|transform|filter|sink|output)\b/gm
/** In HOCON the name of a plugin, and in JSON; no class names, no one's own. */
const PLUGIN =
  /(?:^[ \t]*|[{\n,][ \t]*)([A-Z][A-Za-z]{4,})[ \t]*\{|"plugin_name": ?"([A-Za-z]{5,})"/gm
const TABLE_READ = /(?:source_table_name|plugin_input)["]? ?[=:] ?"?([a-z_]{4,})"?/g

/** One of each rule at each place where it can be applied, at most `MOST` places a rule. */
export function mutationsOf(text: string): Mutation[] {
  return [
    ...at(text, /\{/g, 'brace left out', (match) => cut(text, match.index, 1)),
    ...at(text, /\}/g, 'closing brace left out', (match) => cut(text, match.index, 1)),
    ...at(text, /(?<!["\\])"(?!")/g, 'quote left out', (match) => cut(text, match.index, 1)),
    ...at(text, /,/g, 'comma doubled', (match) => put(text, match.index, ',')),
    ...at(text, BLOCK, 'block renamed', (match) => put(text, match.index + match[0].length, 'x')),
    ...at(text, PLUGIN, 'plugin misspelt', (match) => {
      const name = match[1] ?? match[2] ?? ''
      const start = match.index + match[0].indexOf(name)
      return cut(text, start + 2, 1)
    }),
    ...at(text, TABLE_READ, 'table renamed', (match) => {
      const name = match[1] ?? ''
      const start = match.index + match[0].lastIndexOf(name)
      return `${text.slice(0, start)}zz${name}yy${text.slice(start + name.length)}`
    }),
    ...at(text, /[=:] *\d+(?=\s)/g, 'value left out', (match) =>
      cut(text, match.index + 1, match[0].length - 1)
    ),
    { rule: 'cut off', text: text.slice(0, Math.floor(text.length * 0.6)), what: 'at 60 %' }
  ].filter((mutation) => mutation.text !== text)
}

const MOST = 3

function at(
  text: string,
  pattern: RegExp,
  rule: string,
  change: (match: RegExpExecArray) => string
): Mutation[] {
  const places = [...code(text).matchAll(pattern)]
  const step = Math.max(1, Math.floor(places.length / MOST))
  return places
    .filter((_, index) => index % step === 0)
    .slice(0, MOST)
    .map((match) => ({
      rule,
      text: change(match as RegExpExecArray),
      what: `${JSON.stringify(match[0].trim())} at ${match.index}`
    }))
}

/** The text with its comments and the inside of triple quotes blanked out: what changes there breaks nothing. */
function code(text: string): string {
  const blank = (part: string) => ' '.repeat(part.length)
  return text.replace(/"""[\s\S]*?"""|"(?:[^"\\\n]|\\.)*"|(?:#|\/\/)[^\n]*/g, (part) =>
    part.startsWith('"') && !part.startsWith('"""') ? hollow(part) : blank(part)
  )
}

/** Names in quotes stay; what else stands in them is blanked out. */
function hollow(part: string): string {
  return /^"[A-Za-z_]+"$/.test(part) ? part : `"${' '.repeat(part.length - 2)}"`
}

function cut(text: string, start: number, length: number): string {
  return text.slice(0, start) + text.slice(start + length)
}

function put(text: string, start: number, piece: string): string {
  return text.slice(0, start) + piece + text.slice(start)
}
