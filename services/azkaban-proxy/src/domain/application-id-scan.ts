import { compareApplicationIds, isApplicationId } from '@scheduler-task/yarn-client/application'

/** What Azkaban writes in front of each message (azkaban.md §12.1); a job may have another layout. */
const AZKABAN_PREFIX =
  /^\d{2}-\d{2}-\d{4} \d{2}:\d{2}:\d{2} \S+ .{1,512}? (?:TRACE|DEBUG|INFO|WARN|ERROR|FATAL) - /
/** Messages that repeat what a user gave: an id in them is a parameter (§12.3). */
const ECHO =
  /^(?:Command|Environment variables|job JVM args|all props for the job|JAVA OPTS appended[^:]*):/
/** The same where the layout of the log is unknown: somewhere near the beginning of the line. */
const ECHO_IN_BARE_LINE = new RegExp(`^.{0,200}?\\b${ECHO.source.slice(1)} `)
/** Spark names the directory of an application that it may never submit. */
const UPLOAD = /\bUploading resource\b/
/** With no more digits than an id can have: YARN takes no others. */
const ID = /(?<![A-Za-z0-9_])application_\d{1,19}_\d{1,10}(?!\d)/g
/** YarnClientImpl, which Spark, Flink, MapReduce and Tez use; Flink's own has "master" in it. */
const SUBMITTED = /\bSubmitted application(?: master)? (application_\d{1,19}_\d{1,10})(?!\d)/g
/** Said before the ResourceManager has it: for a moment, or while it is away, it knows no such application, and will. */
const ANNOUNCED = /\bSubmitting application(?: master)? (application_\d{1,19}_\d{1,10})(?!\d)/g
/** What YARN's clients (Hive on Tez and on Spark too) say of the application that they follow, its page included. */
const FOLLOWED =
  /\b(?:(?:Application report for|of application|yarn application -kill|on YARN cluster with App id|with YARN Application =) '?|track(?:ing)? (?:the job|URL) ?[:=] \S{0,300}?\/)(application_\d{1,19}_\d{1,10})(?!\d)/gi

/** A line this long is looked at in pieces. */
const LONGEST_LINE = 64 * 1024
/** Longer than the longest text that is looked for. */
const OVERLAP = 512
/** Beyond this a log is taken to name every id. */
const MOST_IDS = 10_000

export interface ApplicationIdScan {
  /** The next piece of the log; pieces may end anywhere. */
  see: (piece: string) => void
  /** The log is over: what its last line holds counts although no end of line follows. */
  end: () => void
  /** The last id that was submitted; else what else tells of one; see `docs/decisions/0006`. */
  readonly found: string | undefined
  /** The last id that was to be submitted; whether it was is another question. */
  readonly announced: string | undefined
  /** The ids that were submitted or followed. */
  readonly started: readonly string[]
  /** Whether the log names this id anywhere at all, in parameters too. */
  names: (applicationId: string) => boolean
}

/**
 * Looks for application ids in a job's log as it comes. HTML escaping changes neither ids nor the words around them.
 * Memory is bounded: the last line, and at most `MOST_IDS` ids.
 */
export function createApplicationIdScan(): ApplicationIdScan {
  const named = new Set<string>()
  const started = new Set<string>()
  const elsewhere = new Set<string>()
  const announcedIds = new Set<string>()
  let submitted: string | undefined
  let followed: string | undefined
  let announced: string | undefined
  let rest = ''
  /** The line that `rest` continues is an echo; undefined: `rest` begins a line. */
  let restIsEcho: boolean | undefined
  let insideEcho = false

  function line(text: string): void {
    const isEcho = restIsEcho ?? judge(text)
    restIsEcho = undefined
    if (text.includes('application_')) collect(text, isEcho)
  }

  /** Lines without Azkaban's prefix belong to the message before them. */
  function judge(text: string): boolean {
    const prefix = AZKABAN_PREFIX.exec(text)
    if (!prefix) return insideEcho || ECHO_IN_BARE_LINE.test(text)
    insideEcho = ECHO.test(text.slice(prefix[0].length))
    return insideEcho
  }

  function collect(text: string, isEcho: boolean): void {
    for (const [id] of text.matchAll(ID)) remember(named, id)
    if (isEcho || UPLOAD.test(text)) return
    for (const [, id = ''] of text.matchAll(SUBMITTED)) {
      submitted = remember(started, id)
    }
    for (const [, id = ''] of text.matchAll(FOLLOWED)) {
      followed = remember(started, id)
    }
    for (const [, id = ''] of text.matchAll(ANNOUNCED)) {
      announced = remember(announcedIds, id)
    }
    for (const [id] of text.matchAll(ID)) if (!announcedIds.has(id)) remember(elsewhere, id)
  }

  return {
    see: (piece) => {
      const lines = (rest + piece).split(/\r?\n/)
      rest = lines.pop() ?? ''
      for (const one of lines) line(one)
      if (rest.length > LONGEST_LINE) {
        const isEcho = restIsEcho ?? judge(rest)
        // What touches the cut is seen whole in the next piece.
        collect(withoutLastWord(rest), isEcho)
        rest = rest.slice(-OVERLAP)
        restIsEcho = isEcho
      }
    },
    end: () => {
      line(rest)
      rest = ''
    },
    get found() {
      return submitted ?? followed ?? only(elsewhere)
    },
    get announced() {
      return announced
    },
    get started() {
      return [...started]
    },
    names: (applicationId) =>
      named.size >= MOST_IDS || [...named].some((id) => isSameApplication(id, applicationId))
  }
}

/** Not by an expression that is anchored at the end: that one tries every place in a run of letters. */
function withoutLastWord(text: string): string {
  let end = text.length
  while (end > 0 && /\w/.test(text.charAt(end - 1))) end -= 1
  return text.slice(0, end)
}

/** Answers a copy: a slice would keep the whole piece of log in memory that it was cut from. */
function remember(ids: Set<string>, id: string): string {
  const copy = Buffer.from(id).toString()
  if (ids.size < MOST_IDS) ids.add(copy)
  return copy
}

/** One id that no client's message names is taken for the job's own; of several, nobody knows which. */
function only(ids: ReadonlySet<string>): string | undefined {
  return ids.size === 1 ? [...ids][0] : undefined
}

/** Unpadded spellings are the same to YARN. */
export function isSameApplication(left: string, right: string): boolean {
  if (left === right) return true
  return isApplicationId(left) && isApplicationId(right) && compareApplicationIds(left, right) === 0
}
