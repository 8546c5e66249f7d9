import type { KnownCause } from './causes/known-cause.ts'
import {
  continuesTrace,
  isException,
  isLogged,
  type SourceText,
  type TextLine,
  type Weight,
  weightOf
} from './text-lines.ts'

/** A cause that was found, and the lines that show it. */
export type FoundCause = Readonly<{
  cause: KnownCause
  sentence: string
  /** The first one is what was recognised. */
  evidence: readonly (TextLine & { source: string })[]
  weight: Weight
  match: RegExpExecArray
  /** Which line of its source's it is. */
  at: number
}>

type Hit = Readonly<{
  cause: KnownCause
  order: number
  match: RegExpExecArray
  text: SourceText
  at: number
  /** Line that the exception of this one begins with. */
  block: number
  weight: Weight
}>

const MOST_HITS = 400
const LONGEST_TRACE = 400
/** Of a trace, before what was thrown. */
const SHOWN_LINES = 5

/**
 * Which of `causes` these texts show, the likeliest first: what cannot be data before what can, causes before what follows
 * from them, errors before warnings, the particular before the general. One pass; a cause is told once.
 */
export function findCauses(
  causes: readonly KnownCause[],
  texts: readonly SourceText[]
): readonly FoundCause[] {
  const hits = texts.flatMap((text) => deepest(hitsIn(causes, text)))
  const best = new Map<string, Hit>()
  for (const hit of hits.sort(likelier))
    if (!best.has(hit.cause.code)) best.set(hit.cause.code, hit)
  return [...best.values()].map(toFound)
}

function hitsIn(causes: readonly KnownCause[], text: SourceText): Hit[] {
  const hits: Hit[] = []
  const { mayMatch, tried } = prepared(causes)
  let block = 0
  let closed = -1
  for (const [at, { text: line }] of text.lines.entries()) {
    if (!continuesTrace(line)) block = at
    if (block === closed || !mayMatch.test(line)) continue
    const form = weightOf(line, text.source)
    for (const [order, cause] of tried) {
      if (form === undefined && !cause.bare) continue
      if (!cause.marks.some((mark) => line.includes(mark))) continue
      const match = cause.pattern.exec(line)
      if (!match || (cause.within && !hasWithin(text.lines, at, cause.within))) continue
      const weight = cause.bare ? 3 : (form ?? 0)
      hits.push({ cause, order, match, text, at, block, weight })
      if (cause.endsChain) closed = block
      break
    }
    if (hits.length >= MOST_HITS) break
  }
  return hits
}

type Prepared = Readonly<{
  /** One test that tells most lines from those which any cause may be in. */
  mayMatch: RegExp
  /** What a line is tried for, with its place: the first that matches counts. */
  tried: readonly (readonly [order: number, cause: KnownCause])[]
}>

const PREPARED = new WeakMap<readonly KnownCause[], Prepared>()

function prepared(causes: readonly KnownCause[]): Prepared {
  const known = PREPARED.get(causes)
  if (known) return known
  const marks = [...new Set(causes.flatMap((cause) => cause.marks))]
  const literals = marks.map((mark) => mark.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  const made = {
    mayMatch: new RegExp(literals.join('|')),
    tried: [...causes.entries()].sort(([, one], [, other]) => one.rank - other.rank)
  }
  PREPARED.set(causes, made)
  return made
}

/** Of one exception and its `Caused by`, what stands last of each rank. */
function deepest(hits: readonly Hit[]): Hit[] {
  const kept = new Map<string, Hit>()
  for (const hit of hits) {
    const key = `${hit.block} ${hit.cause.rank} ${hit.weight === 0}`
    kept.set(key, hit)
  }
  return [...kept.values()]
}

function likelier(one: Hit, other: Hit): number {
  const data = Number(one.weight === 0) - Number(other.weight === 0)
  if (data !== 0) return data
  if (one.cause.rank !== other.cause.rank) return one.cause.rank - other.cause.rank
  if (one.weight !== other.weight) return other.weight - one.weight
  return one.order - other.order || one.at - other.at
}

function hasWithin(lines: readonly TextLine[], at: number, pattern: RegExp): boolean {
  for (const { text } of trace(lines, at)) if (pattern.test(text)) return true
  return false
}

/** The line and what belongs to its exception: frames, causes, a traceback in it. */
function* trace(lines: readonly TextLine[], at: number): Generator<TextLine> {
  for (let next = at; next < Math.min(lines.length, at + LONGEST_TRACE); next += 1) {
    const line = lines[next] as TextLine
    if (next > at && isLogged(line.text)) return
    yield line
  }
}

/** What an exception was thrown for in the end: the last `Caused by`, the last line of a traceback. */
function rootOf(lines: readonly TextLine[], at: number): TextLine | undefined {
  let root: TextLine | undefined
  for (const line of trace(lines, at)) {
    const { text } = line
    if (isException(text) && !/Traceback \(most recent call last\):?$/.test(text)) root = line
  }
  return root
}

function thrownBy({ text }: TextLine): string {
  return text.replace(/^(?:Caused by: |: |Exception in thread "[^"]{0,100}" )/, '').trim()
}

function toFound({ cause, match, text, at, weight }: Hit): FoundCause {
  const { source, lines } = text
  const following = lines
    .slice(at + 1, at + 1 + (cause.following ?? 0))
    .filter((line) => line.text.trim() !== '' && !/^\s+at /.test(line.text))
  const thrown = cause.fullSentence?.includes('$x') ? rootOf(lines, at) : undefined
  const root = thrown && thrownBy(thrown)
  const template = cause.fullSentence ?? cause.sentence
  const sentence =
    template.includes('$x') && root === undefined
      ? filled(cause.sentence, match)
      : filled(template, match, root)
  const first = [lines[at] as TextLine, ...following]
  // What the sentence says is shown, however long its trace is.
  const isShown = !thrown || first.slice(0, SHOWN_LINES + 1).includes(thrown)
  const shown = isShown ? first : [...first.slice(0, SHOWN_LINES), thrown]
  const evidence = shown.map((line) => ({ ...line, source }))
  return { cause, sentence, evidence, weight, match, at }
}

const LONGEST_PARTICULAR = 300

/** A sentence with its particulars; what a pattern did not find is left out with the words around it. */
export function filled(
  template: string,
  match: readonly (string | undefined)[],
  root = ''
): string {
  const text = template.replace(/\$(\d|x)/g, (_, group) => {
    const particular = (group === 'x' ? root : (match[Number(group)] ?? '')).trim()
    return particular.length > LONGEST_PARTICULAR
      ? `${particular.slice(0, LONGEST_PARTICULAR)}…`
      : particular
  })
  return text.replace(/ \( ?used\)/, '').replace(/[;:]\s*\.?$/, '.')
}
