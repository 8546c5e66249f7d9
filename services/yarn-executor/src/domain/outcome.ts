import { outcomeOf, type YarnOutcome } from '@scheduler-task/yarn-client/application'
import type { DriverWord } from './container-logs/driver-output.ts'
import type { LauncherExit } from './launching.ts'
import {
  type Attempt,
  isOver,
  type Outcome,
  type OutcomeEvidence,
  type Submission,
  type Verdict
} from './submission.ts'

/** What is looked at of a submission. */
export type Judged = Pick<
  Submission,
  | 'engine'
  | 'deployMode'
  | 'state'
  | 'reason'
  | 'reasonText'
  | 'applicationId'
  | 'finalStatus'
  | 'stopRequestedBy'
  | 'closedBy'
>

/** What is looked at of the attempt that made its application. */
export type JudgedAttempt = Pick<Attempt, 'holdsDriver' | 'exit' | 'failure'>

/**
 * What a launcher has to do with the end of its job. `driver`: it is the job (Spark in client mode). `attached`: it
 * waits for the job's end, which it is told (Flink without `-d`). `submits`: its work is done once YARN has accepted.
 */
export type LauncherRole = 'driver' | 'attached' | 'submits'

/**
 * What a launcher's end says. `confessed`: it ended with 0, or nobody knows how, and its output tells of a fatal error.
 * `cut-off`: a signal that did not come from here ended it. `nothing`: no exit status, or not that of the driver.
 */
type Said = 'succeeded' | 'failed' | 'confessed' | 'cut-off' | 'nothing'

type Cell = Readonly<{ outcome: Outcome; why?: string }>

const DRIVER_DECIDES =
  'in client mode YARN reports success whatever the driver did; how the driver ended decides'
const SWALLOWED =
  'this job swallows its errors: exit status and final status report success, its output does not'
const CUT_OFF = `the driver was ended from outside before it had come to its own end; ${DRIVER_DECIDES}`
const NO_STATUS = `there is no exit status of the driver; ${DRIVER_DECIDES}`
const CONTRADICTION = 'these facts contradict each other'
const CLIENT_ENDED =
  'the client that waited for the job was gone before it; the final status of a cluster that lost its client proves nothing'
const NO_FINAL_STATUS = 'the application ended without saying how it went'
const ONLY_SUBMITS = 'the launcher only submits; how the job ended is what YARN says'

const cell = (outcome: Outcome, why?: string): Cell => ({ outcome, ...(why && { why }) })
const always = (outcome: Outcome, why?: string): Record<Said, Cell> => ({
  succeeded: cell(outcome, why),
  failed: cell(outcome, why),
  confessed: cell(outcome, why),
  'cut-off': cell(outcome, why),
  nothing: cell(outcome, why)
})

/**
 * How it went, by what YARN says of an application that ended by itself and what its launcher's end says (design §2.2;
 * observed: engines.md §6). SUCCEEDED stands only where nothing speaks against it.
 */
const VERDICTS: Readonly<Record<LauncherRole, Record<YarnOutcome, Record<Said, Cell>>>> = {
  driver: {
    SUCCEEDED: {
      succeeded: cell('SUCCEEDED'),
      failed: cell('FAILED', DRIVER_DECIDES),
      confessed: cell('FAILED', SWALLOWED),
      'cut-off': cell('FAILED', CUT_OFF),
      nothing: cell('UNKNOWN', NO_STATUS)
    },
    FAILED: { ...always('FAILED'), succeeded: cell('UNKNOWN', CONTRADICTION) },
    KILLED: always('KILLED'),
    UNKNOWN: {
      ...always('FAILED', DRIVER_DECIDES),
      succeeded: cell('UNKNOWN', NO_FINAL_STATUS),
      nothing: cell('UNKNOWN', NO_STATUS)
    }
  },
  attached: {
    SUCCEEDED: {
      succeeded: cell('SUCCEEDED'),
      failed: cell('UNKNOWN', CONTRADICTION),
      confessed: cell('FAILED', SWALLOWED),
      'cut-off': cell('UNKNOWN', CLIENT_ENDED),
      nothing: cell('UNKNOWN', CLIENT_ENDED)
    },
    // Its exit status 0 proves nothing: jobs swallow what the engine throws.
    FAILED: always('FAILED'),
    KILLED: always('KILLED'),
    UNKNOWN: {
      ...always('UNKNOWN', NO_FINAL_STATUS),
      failed: cell('FAILED', NO_FINAL_STATUS),
      confessed: cell('FAILED', SWALLOWED)
    }
  },
  submits: {
    SUCCEEDED: {
      ...always('SUCCEEDED', ONLY_SUBMITS),
      succeeded: cell('SUCCEEDED'),
      confessed: cell('UNKNOWN', CONTRADICTION)
    },
    FAILED: always('FAILED'),
    KILLED: always('KILLED'),
    UNKNOWN: always('UNKNOWN', NO_FINAL_STATUS)
  }
}

/**
 * How a submission went, with all that it rests on, the deciding fact first; undefined while it is not over, or while
 * evidence that will come has not come: the end of a launcher that lives as long as its job.
 */
export function judge(submission: Judged, attempt: JudgedAttempt | undefined): Verdict | undefined {
  const { state } = submission
  if (!isOver(submission)) return undefined
  if (state === 'REJECTED') return verdict({ outcome: 'FAILED' }, [ownWord(submission)], attempt)
  if (state === 'LOST') {
    const why = submission.closedBy === null ? LOST : undefined
    return verdict({ outcome: 'UNKNOWN', ...(why && { why }) }, [ownWord(submission)], attempt)
  }
  const yarn = yarnWord(submission)
  if (submission.stopRequestedBy !== null) {
    const facts = [stopWord(submission), ...(submission.applicationId === null ? [] : [yarn])]
    return verdict({ outcome: 'KILLED' }, facts, attempt)
  }
  const role = roleOf(submission, attempt)
  if (role !== 'submits' && attempt && attempt.exit === null) return undefined
  const said = saidBy(attempt)
  const found = VERDICTS[role][outcomeOf(state, submission.finalStatus ?? '') ?? 'UNKNOWN'][said]
  const launcherDecides = role !== 'submits' && said !== 'succeeded' && found.why !== undefined
  return verdict(found, [yarn], attempt, launcherDecides)
}

/**
 * Everything says that it went well, and for this kind of job that proves nothing: its driver is on the cluster, where
 * its output is. A driver on this host has printed it here, and so does the client of Flink, which runs the job's main.
 */
export function needsDriverOutput(
  verdict: Verdict,
  submission: Pick<Submission, 'engine' | 'deployMode' | 'state'>,
  { swallowsErrors }: Readonly<{ swallowsErrors: boolean }>
): boolean {
  const { engine, deployMode } = submission
  const isOnCluster = engine === 'spark' && deployMode === 'cluster'
  return swallowsErrors && isOnCluster && verdict.outcome === 'SUCCEEDED'
}

/** The verdict of one that needed it, by what its driver has printed. */
export function withDriverOutput({ evidence }: Verdict, word: DriverWord): Verdict {
  const own = (text: string): OutcomeEvidence => ({ source: 'executor', text })
  switch (word.kind) {
    case 'failed': {
      const { sentence, lines } = word.failure
      const said = {
        source: 'driver',
        text: cut([`${sentence} (${word.text})`, ...lines].join('\n'))
      }
      return { outcome: 'FAILED', evidence: [said, ...evidence, own(SWALLOWED)] }
    }
    case 'silent':
      return {
        outcome: 'SUCCEEDED',
        evidence: [...evidence, { source: 'driver', text: word.text }]
      }
    case 'unread':
      return { outcome: 'UNKNOWN', evidence: [...evidence, own(`${UNREAD}: ${cut(word.text)}`)] }
  }
}

const UNREAD =
  'this job swallows its errors, so that its exit status and final status prove nothing, and the output of its driver could not be read'

const LOST = 'how the application ended is unknown, and its launcher alone cannot tell'

/** The launcher of an attempt, as far as the end of its job is concerned. */
export function roleOf(
  { engine, deployMode }: Pick<Submission, 'engine' | 'deployMode'>,
  attempt: Pick<Attempt, 'holdsDriver'> | undefined
): LauncherRole {
  if (engine === 'spark') return deployMode === 'client' ? 'driver' : 'submits'
  return attempt?.holdsDriver ? 'attached' : 'submits'
}

/** Nothing of the launcher's end, or of its output, tells of a failure. */
export function endedWell(attempt: JudgedAttempt): boolean {
  return saidBy(attempt) === 'succeeded'
}

function saidBy(attempt: JudgedAttempt | undefined): Said {
  const { exit = null, failure = null } = attempt ?? {}
  const status = exit === null ? 'nothing' : statusOf(exit)
  // Of a launcher that ended well its output is searched for nothing but the job's own word on its failure.
  return failure && (status === 'succeeded' || status === 'nothing') ? 'confessed' : status
}

function statusOf(exit: LauncherExit): 'succeeded' | 'failed' | 'cut-off' | 'nothing' {
  if (exit.kind === 'signalled') return exit.outlived ? 'nothing' : 'cut-off'
  if (exit.kind !== 'exited' || exit.outlived) return 'nothing'
  return exit.code === 0 ? 'succeeded' : 'failed'
}

function verdict(
  { outcome, why }: Cell,
  first: readonly OutcomeEvidence[],
  attempt: JudgedAttempt | undefined,
  launcherDecides = false
): Verdict {
  const exit = launcherWord(attempt)
  const output = outputWord(attempt)
  const confessed = saidBy(attempt) === 'confessed'
  const ofLauncher = confessed ? [...output, ...exit] : [...exit, ...output]
  const facts = launcherDecides ? [...ofLauncher, ...first] : [...first, ...ofLauncher]
  return { outcome, evidence: why ? [...facts, { source: 'executor', text: why }] : facts }
}

function ownWord({ reason, reasonText, closedBy }: Judged): OutcomeEvidence {
  const source = closedBy === null ? 'executor' : 'operator'
  return { source, text: [reason, reasonText].filter(Boolean).join(': ') || 'no reason is known' }
}

function stopWord({ stopRequestedBy, reason, applicationId }: Judged): OutcomeEvidence {
  if (applicationId === null) {
    return { source: 'stop', text: `${stopRequestedBy} ended it before there was an application` }
  }
  const why = reason && reason !== 'STOP_REQUESTED' ? ` (${reason})` : ''
  return { source: 'stop', text: `${stopRequestedBy} asked for its end${why}` }
}

function yarnWord({ applicationId, state, finalStatus, reasonText }: Judged): OutcomeEvidence {
  const ended = `${applicationId ?? 'the application'} ended ${state}/${finalStatus ?? 'UNDEFINED'}`
  return { source: 'yarn', text: reasonText ? `${ended}: ${cut(reasonText)}` : ended }
}

function launcherWord(attempt: JudgedAttempt | undefined): OutcomeEvidence[] {
  if (!attempt?.exit) return []
  return [{ source: 'launcher', text: describeExit(attempt.exit) }]
}

function outputWord(attempt: JudgedAttempt | undefined): OutcomeEvidence[] {
  if (!attempt?.failure) return []
  const { sentence, lines } = attempt.failure
  return [{ source: 'output', text: cut([sentence, ...lines].join('\n')) }]
}

/** An end of a launcher in words: `the launcher ended with exit code 1`. */
export function describeExit(exit: LauncherExit): string {
  const rest = 'outlived' in exit && exit.outlived ? '; processes that it had started went on' : ''
  if (exit.kind === 'exited') return `the launcher ended with exit code ${exit.code}${rest}`
  if (exit.kind === 'signalled') return `the launcher was ended by ${exit.signal}${rest}`
  if (exit.kind === 'not-started') return `the launcher was not started: ${exit.reason}`
  return `how the launcher ended is unknown: ${exit.reason}`
}

const LONGEST_TEXT = 2000

function cut(text: string): string {
  return text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}…` : text
}
