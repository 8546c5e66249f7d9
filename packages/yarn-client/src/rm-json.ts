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
    const mended = text.replace(STRING_OR_BARE_NUMBER, (found) =>
      found.startsWith('"') ? found : 'null'
    )
    if (mended === text) throw error
    return JSON.parse(mended)
  }
}

/** Strings are matched, too, so that a NaN inside of one stays as it is. */
const STRING_OR_BARE_NUMBER = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\b(?:NaN|INF|Infinity)\b/gs

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
