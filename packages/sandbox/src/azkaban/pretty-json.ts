import { hashOrder } from './java-map.ts'

/** Values of an answer; the keys of a plain object come out in the order of a Java HashMap. */
export type Json =
  | string
  | number
  | boolean
  | null
  | undefined
  | readonly Json[]
  | ReadonlyMap<string, Json>
  | { readonly [key: string]: Json }

/** As Jackson 1.9 pretty-prints it (§1.5). Members that are undefined are left out. */
export function prettyJson(value: Json, indent = ''): string {
  if (isList(value)) {
    if (value.length === 0) return '[ ]'
    return `[ ${value.map((one) => prettyJson(one, indent)).join(', ')} ]`
  }
  if (typeof value !== 'object' || value === null) return scalarText(value ?? null)
  const members = membersOf(value)
  if (members.length === 0) return `{\n${indent}}`
  const inner = `${indent}  `
  const lines = members.map(([key, one]) => `${inner}"${key}" : ${prettyJson(one, inner)}`)
  return `{\n${lines.join(',\n')}\n${indent}}`
}

/** Jackson writes control characters, and halves of surrogate pairs, as upper-case escapes. */
function scalarText(value: string | number | boolean | null): string {
  const code = (unit: string) => unit.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')
  return JSON.stringify(value)
    .replaceAll(/\\u([\da-f]{4})/g, (_, hex: string) => `\\u${hex.toUpperCase()}`)
    .replaceAll(/[\ud800-\udfff]/g, (unit) => `\\u${code(unit)}`)
}

function membersOf(value: ReadonlyMap<string, Json> | { readonly [key: string]: Json }) {
  const map = value instanceof Map ? value : new Map(Object.entries(value))
  const present = [...map.keys()].filter((key) => map.get(key) !== undefined)
  const keys = value instanceof Map ? present : hashOrder(present)
  return keys.map((key): readonly [string, Json] => [key, map.get(key)])
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value)
}
