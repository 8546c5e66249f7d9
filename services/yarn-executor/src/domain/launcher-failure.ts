import type { KnownCause } from './diagnosis/causes/known-cause.ts'
import { causesIn } from './diagnosis/causes/known-causes.ts'
import { filled, findCauses } from './diagnosis/find-causes.ts'
import type { LauncherExit, LauncherFailure } from './launching.ts'

const MAX_LINES = 12
const MAX_LINE_CHARACTERS = 500

const REASONS = causesIn('launcher')

/**
 * The reason that a launcher's output gives for its failure; undefined when it holds none that is known. "Exception"
 * alone is no reason: Flink prints one after success too.
 */
export function findLauncherFailure(lines: readonly string[]): LauncherFailure | undefined {
  return findFirst(REASONS, lines)
}

const SWALLOWED = REASONS.filter(({ swallowed }) => swallowed)

/**
 * A fatal error that the job itself tells of, which stands whatever its exit status is; undefined when there is none. A
 * job that prints such a line as its data is taken for failed: better that than the other way round.
 */
export function findFatalError(lines: readonly string[]): LauncherFailure | undefined {
  return findFirst(SWALLOWED, lines)
}

/** The reason of a launcher that ended without an application, and whose output holds none that is known. */
export function withoutReason(
  exit: LauncherExit | undefined
): Pick<LauncherFailure, 'code' | 'sentence'> {
  if (exit?.kind !== 'exited' || exit.code !== 0) {
    return { code: 'NO_APPLICATION', sentence: 'the launcher ended without an application' }
  }
  return {
    code: 'SUCCESS_WITHOUT_APPLICATION',
    sentence: 'the launcher ended with exit code 0, as after a success, but without an application'
  }
}

function findFirst(
  causes: readonly KnownCause[],
  lines: readonly string[]
): LauncherFailure | undefined {
  const text = { source: 'launcher', lines: lines.map((line) => ({ text: line, cursor: null })) }
  const [found] = findCauses(causes, [text])
  if (!found) return undefined
  const { cause, match, at } = found
  return {
    code: cause.code,
    sentence: filled(cause.sentence, match),
    lines: relevantLines(lines, at, cause.following ?? 0)
  }
}

/** The matching line, what belongs to it, and the causes named further down. */
function relevantLines(lines: readonly string[], index: number, following: number): string[] {
  const own = lines.slice(index, index + 1 + following)
  const causes = lines.slice(index + 1 + following).filter((line) => line.startsWith('Caused by: '))
  return [...own, ...causes]
    .filter((line) => line.trim() !== '' && !/^\s+at /.test(line))
    .slice(0, MAX_LINES)
    .map((line) => line.slice(0, MAX_LINE_CHARACTERS))
}
