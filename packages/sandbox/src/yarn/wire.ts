// Values as Jersey 1 writes them: JSON whose numbers keep their Java spelling (`0.0`, `60.000004`,
// Long.MAX_VALUE) and whose objects may hold one key twice, and the same tree as XML.

/** A number in the spelling of the server. */
export class Numeral {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

/** An object that may repeat a key, as the `entry` members of a Java map do. */
export class Members {
  readonly list: ReadonlyArray<readonly [string, Wire]>
  constructor(list: ReadonlyArray<readonly [string, Wire]>) {
    this.list = list
  }
}

export type Wire =
  | string
  | number
  | boolean
  | undefined
  | Numeral
  | Members
  | readonly Wire[]
  | { readonly [key: string]: Wire }

export const longMax = new Numeral('9223372036854775807')

/** A Java `float`: the shortest decimal that reads back as the same 32 bit number, with a point. */
export function float(value: number): Numeral {
  const wanted = Math.fround(value)
  for (let digits = 1; digits <= 9; digits++) {
    const text = Number(wanted.toPrecision(digits))
    if (Math.fround(text) === wanted) return double(text)
  }
  return double(wanted)
}

/** A Java `double` of ordinary size: as JavaScript spells it, but never without a point. */
export function double(value: number): Numeral {
  return new Numeral(Number.isInteger(value) ? `${value}.0` : String(value))
}

/** A `Map<String, …>` in natural notation: one `entry` member for each key. */
export function javaMap(pairs: ReadonlyArray<readonly [string, string]>): Members {
  return new Members(pairs.map(([key, value]) => ['entry', { key, value }] as const))
}

export function toJson(value: Wire): string {
  if (value instanceof Numeral) return value.text
  if (value instanceof Members) return objectText(value.list)
  if (isList(value)) return `[${value.map(toJson).join(',')}]`
  if (typeof value === 'object') return objectText(Object.entries(value))
  return JSON.stringify(value ?? null)
}

const xmlHeader = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'

/** The tree as XML; a list becomes one element for each member. */
export function toXml(value: Wire): string {
  return (
    xmlHeader +
    membersOf(value)
      .map(([name, inner]) => elements(name, inner))
      .join('')
  )
}

function elements(name: string, value: Wire): string {
  if (isList(value)) return value.map((one) => elements(name, one)).join('')
  const inner = isScalar(value)
    ? escapeXml(scalarText(value))
    : membersOf(value)
        .map(([key, one]) => elements(key, one))
        .join('')
  return inner === '' ? `<${name}/>` : `<${name}>${inner}</${name}>`
}

function objectText(members: ReadonlyArray<readonly [string, Wire]>): string {
  const present = members.filter(([, value]) => value !== undefined)
  return `{${present.map(([key, value]) => `${JSON.stringify(key)}:${toJson(value)}`).join(',')}}`
}

function membersOf(value: Wire): ReadonlyArray<readonly [string, Wire]> {
  if (value instanceof Members) return value.list
  if (isScalar(value) || isList(value)) return []
  return Object.entries(value).filter(([, one]) => one !== undefined)
}

type Scalar = string | number | boolean | undefined | Numeral

function isScalar(value: Wire): value is Scalar {
  return typeof value !== 'object' || value instanceof Numeral
}

function isList(value: Wire): value is readonly Wire[] {
  return Array.isArray(value)
}

function scalarText(value: Scalar): string {
  return value instanceof Numeral ? value.text : String(value ?? '')
}

/** Escapes a text for XML and HTML, outside of attributes. */
export function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
