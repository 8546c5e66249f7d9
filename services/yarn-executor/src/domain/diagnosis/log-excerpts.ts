import { refOf } from '../launcher-watch.ts'
import type { Launching } from '../launching.ts'
import type { LogPart, LogSpools } from '../log-spool.ts'
import type { Attempt, Submission } from '../submission.ts'
import { LONGEST_LINE, linesOf, type SourceText, type TextLine } from './text-lines.ts'

/** Beginnings and ends of what a job has logged; empty where nothing can be read. */
export interface LogExcerpts {
  of: (
    submission: Pick<Submission, 'id'>,
    attempt: Attempt | undefined
  ) => Promise<readonly SourceText[]>
}

/** Failures stand at either end: the first words, and the last ones. */
const HEAD_BYTES = 128 * 1024
const TAIL_BYTES = 384 * 1024
const TAIL_LINES = 20_000

/** What the launcher's own files have: the ends of both streams. */
export function excerptsOfLauncher(launching: Pick<Launching, 'outputTail'>): LogExcerpts {
  return {
    of: async (_, attempt) => {
      if (!attempt) return []
      const { stdout, stderr } = await launching.outputTail(refOf(attempt), TAIL_BYTES)
      const texts = [
        ['launcher/stdout', stdout],
        ['launcher/stderr', stderr]
      ] as const
      return texts.flatMap(([source, text]) => (text ? [{ source, lines: linesOf(text) }] : []))
    }
  }
}

/** The beginning and the end of a job's log on this host, by source. */
export function excerptsOfSpools(spools: Pick<LogSpools, 'read' | 'tail'>): LogExcerpts {
  return {
    of: async ({ id }) => {
      const head = await spools.read(id, { from: 0, maxBytes: HEAD_BYTES })
      const isWhole = head.next >= head.size
      const end = isWhole
        ? undefined
        : await spools.tail(id, { lines: TAIL_LINES, maxBytes: TAIL_BYTES })
      const sources = new Map<string, TextLine[]>()
      for (const part of end ? [head, end] : [head]) {
        addLines(sources, part, part === end ? head.next : 0)
      }
      return [...sources].map(([source, lines]) => ({ source, lines }))
    }
  }
}

/** A part tells where a reader goes on behind each line; whoever is shown one wants to begin with it. */
function addLines(sources: Map<string, TextLine[]>, part: LogPart, behind: number): void {
  let start = part.from
  for (const { source, text, cursor } of part.lines) {
    if (start >= behind) {
      const lines = sources.get(source) ?? []
      lines.push({ text: text.slice(0, LONGEST_LINE), cursor: start })
      sources.set(source, lines)
    }
    start = cursor
  }
}

/** What the first of them has that has anything. */
export function firstOf(...all: readonly LogExcerpts[]): LogExcerpts {
  return {
    of: async (submission, attempt) => {
      for (const excerpts of all) {
        const texts = await excerpts.of(submission, attempt)
        if (texts.length > 0) return texts
      }
      return []
    }
  }
}
