/** What a word begins with, in characters, is looked up; shorter words by all that they have. */
const PREFIX = 4
const BUCKETS = 8192
/** Characters that are compared for one text. */
const MAX_COMPARED = 64 * 1024 * 1024

/** Words that are found in one pass over a text, however many they are. */
type Words = Readonly<{
  all: ReadonlySet<string>
  /** Their lengths, longest first, by what they begin with. */
  lengths: ReadonlyMap<string, readonly number[]>
  prefix: number
  /** Whether some word begins with two characters of this sum. */
  beginnings: Uint8Array
}>

/** The words of an attempt are asked for with each line of its log. */
const prepared = new WeakMap<readonly string[], Words>()

/**
 * The text with every occurrence of the words replaced; occurrences that overlap are replaced together. A text that takes
 * too long (of words that are nearly everywhere in it) is replaced as a whole. Words have two characters at least.
 */
export function replaceAllOf(words: readonly string[], text: string, replacement: string): string {
  if (words.length === 0) return text
  let known = prepared.get(words)
  if (!known) {
    known = prepare(words)
    prepared.set(words, known)
  }
  return replaceWords(known, text, replacement)
}

function prepare(words: readonly string[]): Words {
  const prefix = words.reduce((least, { length }) => Math.min(least, length), PREFIX)
  const lengths = new Map<string, Set<number>>()
  const beginnings = new Uint8Array(BUCKETS)
  for (const word of words) {
    const start = word.slice(0, prefix)
    const known = lengths.get(start) ?? new Set()
    lengths.set(start, known.add(word.length))
    beginnings[bucketOf(word, 0)] = 1
  }
  const longestFirst = [...lengths].map(
    ([start, known]) => [start, [...known].sort((one, other) => other - one)] as const
  )
  return { all: new Set(words), lengths: new Map(longestFirst), prefix, beginnings }
}

function replaceWords(words: Words, text: string, replacement: string): string {
  const { all, lengths, prefix, beginnings } = words
  let replaced = ''
  let kept = 0
  /** Up to where an occurrence reaches that begins before. */
  let covered = -1
  let compared = 0
  const last = text.length - prefix
  for (let at = 0; at <= last; at++) {
    if (beginnings[bucketOf(text, at)] === 0) continue
    for (const length of lengths.get(text.slice(at, at + prefix)) ?? []) {
      if (at + length <= covered || at + length > text.length) continue
      compared += length
      if (!all.has(text.slice(at, at + length))) continue
      if (at >= covered) {
        replaced += text.slice(kept, at) + replacement
      }
      covered = at + length
      kept = covered
      break
    }
    if (compared > MAX_COMPARED) return replacement
  }
  return kept === 0 ? text : replaced + text.slice(kept)
}

function bucketOf(text: string, at: number): number {
  return (text.charCodeAt(at) * 31 + text.charCodeAt(at + 1)) % BUCKETS
}
