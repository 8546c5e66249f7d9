/** A config as it is written, nothing merged or substituted yet. `at` and `end` are offsets in UTF-16 units. */
export type HoconNode = HoconText | HoconReference | HoconList | HoconObject | HoconConcatenation
export type HoconText = Readonly<{
  kind: 'text'
  text: string
  quoted: boolean
  at: number
  end: number
}>
export type HoconReference = Readonly<{
  kind: 'reference'
  /** The keys of `${one->two}`. */
  path: readonly string[]
  /** As it is written, without `?`. */
  name: string
  optional: boolean
  at: number
  end: number
}>
export type HoconList = Readonly<{
  kind: 'list'
  items: readonly HoconNode[]
  at: number
  end: number
}>
export type HoconObject = Readonly<{
  kind: 'object'
  fields: readonly HoconField[]
  at: number
  end: number
}>
/** `parts` that stand on one line without a comma: texts are joined, objects merged, lists appended. */
export type HoconConcatenation = Readonly<{
  kind: 'concatenation'
  parts: readonly HoconNode[]
  /** For each part, whether blanks stand before it. */
  gaps: readonly boolean[]
  at: number
  end: number
}>
export type HoconField = Readonly<{
  /** The keys of `one->two = …`; a key with dots is one key. */
  path: readonly string[]
  quoted: boolean
  at: number
  value: HoconNode
  /** `+=` */
  appends: boolean
}>

export type HoconDocument = Readonly<{
  root: HoconObject
  /** The whole text is one `{ … }`, as JSON is. */
  braced: boolean
  /** Keys of one character without quotes, in order: 1.x and 2.0 crash on them. */
  shortKeys: readonly HoconField[]
}>

/** The fields of an object by the first key of their path. */
export function byFirstKey({ fields }: HoconObject): ReadonlyMap<string, readonly HoconField[]> {
  const found = new Map<string, HoconField[]>()
  for (const field of fields) {
    const [key = ''] = field.path
    const before = found.get(key)
    if (before) before.push(field)
    else found.set(key, [field])
  }
  return found
}
