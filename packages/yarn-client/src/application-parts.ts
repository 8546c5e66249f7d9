import type { Application } from './application.ts'
import { parseRmJson } from './rm-json.ts'
import { applicationList } from './rm-responses.ts'

/** A smaller list is read at once: that takes a few milliseconds at most. */
export const LARGE_LIST_BYTES = 256 * 1024
/** About a hundred applications, a millisecond or two; the whole process waits as long. */
const PART_BYTES = 128 * 1024

const BEGIN = '{"apps":{"app":['
const END = ']}}'
/** Between two applications as Jersey writes them. It stands in no string: quotes in one are escaped. */
const BETWEEN = '},{"id":"'

/**
 * Reads a large list of applications bit by bit, with a turn for everything else in between; each bit goes through
 * `keep` before the next one is read, so that nothing is held of what nobody wants.
 *
 * Answers `undefined` when the list is small, or not written in the usual way, or wrong: then it is to be read as a
 * whole, which says what is wrong with it. That the bits are JSON one by one, each a list of whole objects, proves that
 * the whole is: nothing but commas stands between them.
 */
export async function applicationsInParts(
  bytes: Buffer,
  keep: (application: Application) => boolean,
  signal: AbortSignal
): Promise<Application[] | undefined> {
  if (bytes.length < LARGE_LIST_BYTES || !isUsual(bytes)) return undefined
  const kept: Application[] = []
  const end = bytes.length - END.length
  for (let from = BEGIN.length; from < end; ) {
    const to = endOfPart(bytes, from, end)
    const part = read(bytes.toString('utf8', from, to))
    if (!part) return undefined
    for (const application of part) if (keep(application)) kept.push(application)
    // After the comma.
    from = to + 1
    await new Promise((resolve) => setImmediate(resolve))
    signal.throwIfAborted()
  }
  return kept
}

function isUsual(bytes: Buffer): boolean {
  const begin = bytes.toString('latin1', 0, BEGIN.length)
  return begin === BEGIN && bytes.toString('latin1', bytes.length - END.length) === END
}

function endOfPart(bytes: Buffer, from: number, end: number): number {
  const between = bytes.indexOf(BETWEEN, from + PART_BYTES)
  return between < 0 ? end : between + 1
}

function read(text: string): Application[] | undefined {
  try {
    return applicationList.safeParse(parseRmJson(`[${text}]`)).data
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}
