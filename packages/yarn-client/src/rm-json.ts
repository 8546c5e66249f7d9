/**
 * Parses what a ResourceManager calls JSON. Bare `NaN`, `INF` and `-INF`, which Jersey writes for
 * such floats, become `null`; of duplicate keys (`"entry"` in resource maps) the last one counts.
 *
 * Throws `SyntaxError` for anything else that is not JSON.
 */
export function parseRmJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    const mended = withoutBareNumbers(text)
    if (mended === text) throw error
    return JSON.parse(mended)
  }
}

/** Goes through the text once, however often it says NaN; what stands in a string stays. */
function withoutBareNumbers(text: string): string {
  const parts: string[] = []
  let copied = 0
  let quote = text.indexOf('"')
  let inString = false
  for (const { 0: found, index } of text.matchAll(/-?\b(?:NaN|INF|Infinity)\b/g)) {
    for (; quote >= 0 && quote < index; quote = text.indexOf('"', quote + 1)) {
      if (!inString || !isEscaped(text, quote)) inString = !inString
    }
    if (inString) continue
    parts.push(text.slice(copied, index), 'null')
    copied = index + found.length
  }
  return parts.join('') + text.slice(copied)
}

function isEscaped(text: string, at: number): boolean {
  let backslashes = 0
  while (text[at - 1 - backslashes] === '\\') backslashes += 1
  return backslashes % 2 === 1
}

/** `null`, nothing, one element alone and an array are all ways in which Jersey writes a list. */
export function toArray(value: unknown): unknown[] {
  if (value === null || value === undefined) return []
  return Array.isArray(value) ? value : [value]
}

/** The member of an object by its name; `undefined` of anything that is not an object. */
export function member(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined
  return Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined
}
