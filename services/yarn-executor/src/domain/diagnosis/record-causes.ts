import { HOST_UNREACHABLE } from '../launching.ts'
import { describeExit } from '../outcome.ts'
import { isOver, isStarting, NO_DEADLINE } from '../submission.ts'
import type { Evidence, Facts } from './diagnosis.ts'

/** A cause that this service's own record shows. */
type RecordCause = Readonly<{
  code: string
  /** The sentence when it is one; undefined when it is not. */
  of: (facts: Facts) => string | undefined
  advice: string
  evidence?: (facts: Facts) => readonly Evidence[]
}>

/** A cause found in the record, in the form of all causes. */
export type OwnCause = Readonly<{
  code: string
  sentence: string
  advice: string
  evidence: readonly Evidence[]
}>

/** Of what was wanted, or decided by a person: nothing else is looked for then. */
const DECIDED: readonly RecordCause[] = [
  {
    code: 'CLOSED_BY_HAND',
    of: ({ submission: { closedBy, reasonText } }) =>
      closedBy === null
        ? undefined
        : `${closedBy} closed its record by hand${reasonText ? `: ${reasonText}` : ''}.`,
    advice: 'What became of it nobody has proven.'
  },
  {
    code: 'START_TIMEOUT',
    of: ({ submission: { state, reason, reasonText, stopRequestedBy } }) =>
      reason === 'START_TIMEOUT' || (state === 'KILLED' && stopRequestedBy === 'executor')
        ? (reasonText ?? 'Its start took longer than it may.')
        : undefined,
    advice: 'Raise START_TIMEOUT_MS or startDeadlineMs, or look at why it waited.'
  },
  {
    code: 'STOP_REQUESTED',
    of: ({ submission: { state, stopRequestedBy }, standing }) => {
      if (stopRequestedBy === null) return undefined
      if (state === 'KILLED' || isFinalButLost(state))
        return `${stopRequestedBy} asked for its end.`
      if (state !== 'STOPPING') return undefined
      const problem = standing.stop?.problem
      const wait = WAITS[standing.stop?.waitsFor ?? 'RESOURCE_MANAGER']
      return `${stopRequestedBy} asked for its end, and ${problem ?? `it waits for ${wait}`}.`
    },
    advice: 'Nothing in the job itself ended it.'
  }
]

const WAITS = {
  APPLICATIONS: 'the end of its application',
  PROCESSES: 'the end of its processes',
  ABSENCE: 'the proof that no application shows up any more',
  RESOURCE_MANAGER: 'an answer of the ResourceManager'
} as const

/** What keeps a job from starting or going on, by what this service does itself. */
const WAITING: readonly RecordCause[] = [
  {
    code: 'EXECUTOR_DISK',
    of: ({ submission, standing: { obstacle } }) =>
      isStarting(submission) &&
      obstacle &&
      /no room left|the disk|database or disk is full/.test(obstacle)
        ? `Its start waits on the executor’s host: ${obstacle}.`
        : undefined,
    advice: 'Make room below DATA_DIR on the executor’s host; it goes on by itself then.',
    evidence: ({ standing }) => [own(standing.obstacle)]
  },
  {
    code: 'START_OBSTACLE',
    of: ({ submission, standing: { obstacle, stop } }) => {
      const problem = stop?.problem ?? obstacle
      return isStarting(submission) && problem ? `Its start waits: ${problem}.` : undefined
    },
    advice: 'It goes on by itself once this is over.',
    evidence: ({ standing: { obstacle, stop } }) => [own(stop?.problem ?? obstacle)]
  },
  {
    code: 'OLD_ONE_LIVES',
    of: ({ submission, standing: { stop } }) =>
      isStarting(submission) && submission.replaces !== null && stop
        ? `It takes the place of a job that is not over yet: it waits for ${WAITS[stop.waitsFor]}.`
        : undefined,
    advice: 'It is launched once nothing of the old one is left.'
  },
  {
    code: 'WAITS_FOR_DRIVER',
    of: ({ submission, standing: { position, waitsFor } }) =>
      position !== undefined && waitsFor === 'driver'
        ? `It is number ${position} in the queue, and waits for one of MAX_DRIVERS drivers on the executor’s host to end${deadline(submission)}.`
        : undefined,
    advice: 'Use deploy mode cluster, stop what is not needed, or raise MAX_DRIVERS.'
  },
  {
    code: 'WAITS_FOR_LAUNCHER',
    of: ({ submission, standing: { position } }) =>
      position === undefined
        ? undefined
        : `It is number ${position} in the queue, and waits for one of MAX_LAUNCHERS launchers${deadline(submission)}.`,
    advice: 'This takes seconds as a rule; raise MAX_LAUNCHERS when it lasts.'
  },
  {
    code: HOST_UNREACHABLE,
    of: ({ submission }) =>
      submission.stale === HOST_UNREACHABLE && !isOver(submission)
        ? 'The executor that launched it is away, and only that host could tell more.'
        : undefined,
    advice:
      'Bring that host back, or close the record by hand once you know that nothing of it runs.'
  },
  {
    code: 'RM_FORGOT',
    of: ({ submission: { stale, state, reason } }) =>
      reason === 'RM_FORGOT' || (stale === 'RM_FORGOT' && state !== 'LOST')
        ? 'The ResourceManager does not know its application any more.'
        : undefined,
    advice:
      'Its state was lost with a restart of the ResourceManager, or it has long been over: look at its history server.'
  },
  {
    code: 'RM_SILENT',
    of: ({ submission }) =>
      submission.stale !== null && !isOver(submission)
        ? `The ResourceManager does not answer (${submission.stale}); what is known of it may be old.`
        : undefined,
    advice: 'It is looked at again by itself; ask whoever runs the cluster.'
  },
  {
    code: 'ATTEMPT_FAILED',
    of: ({ submission: { state, yarnState }, application }) =>
      state === 'RUNNING' && (application?.state ?? yarnState) === 'ACCEPTED'
        ? 'Its ApplicationMaster ended, and YARN starts it once more.'
        : undefined,
    advice:
      'The log of the first attempt says why; allow one attempt only for jobs that must not run twice.'
  }
]

/** Causes of the record that stand before all that logs and YARN say: somebody wanted it so. */
export function decidedCauses(facts: Facts): readonly OwnCause[] {
  return found(DECIDED, facts)
}

/** What keeps it waiting here, or from being known. */
export function waitingCauses(facts: Facts): readonly OwnCause[] {
  return found(WAITING, facts).slice(0, 2)
}

/** What was found out of order while it runs. */
export function warningCauses({ submission }: Facts): readonly OwnCause[] {
  return submission.warnings.map(({ code, text }) => ({
    code,
    sentence: `${text[0]?.toUpperCase() ?? ''}${text.slice(1)}.`,
    advice: 'It goes on; stop it when nobody needs it.',
    evidence: [own(text)]
  }))
}

/** It was launched, and has no application yet. */
export function launcherRuns({ submission, attempt, now }: Facts): OwnCause | undefined {
  if (submission.state !== 'LAUNCHING' || attempt?.exit) return undefined
  const seconds = Math.max(
    0,
    Math.round((now - (attempt?.createdAt ?? submission.changedAt)) / 1000)
  )
  return {
    code: 'LAUNCHER_RUNS',
    sentence: `Its launcher has run for ${seconds} s, and YARN has no application of it yet${deadline(submission)}.`,
    advice: 'A launcher takes 3 to 10 seconds; when it takes longer, its output says why.',
    evidence: []
  }
}

/** What is left to say of a job that failed when nothing else says why: how its launcher ended, what the record has. */
export function ownLastWord({ submission, attempt }: Facts): OwnCause {
  const { reason, reasonText, evidence } = submission
  if (attempt?.exit?.kind === 'signalled' && !attempt.exit.outlived) {
    return {
      code: 'LAUNCHER_SIGNALLED',
      sentence: `Somebody ended its launcher: ${attempt.exit.signal}.`,
      advice: 'Not this service: the kernel (memory), an operator, or a shutdown of the host.',
      evidence: [own(describeExit(attempt.exit))]
    }
  }
  const words = evidence.map(({ source, text }) => ({ source, text, cursor: null }))
  const exit = attempt?.exit ? describeExit(attempt.exit) : undefined
  const text = reasonText ?? exit ?? 'nothing that is known says why'
  return {
    code: reason ?? 'NOT_SAID',
    sentence: `${text[0]?.toUpperCase() ?? ''}${text.slice(1).replace(/\.$/, '')}.`,
    advice: 'Read its log: GET /executor/v2/jobs/{id}/log.',
    evidence: words.length > 0 ? words : exit ? [own(exit)] : []
  }
}

function found(causes: readonly RecordCause[], facts: Facts): OwnCause[] {
  return causes.flatMap(({ code, of, advice, evidence }) => {
    const sentence = of(facts)
    if (sentence === undefined) return []
    return [{ code, sentence, advice, evidence: evidence?.(facts) ?? [recordOf(facts)] }]
  })
}

function isFinalButLost(state: string): boolean {
  return state === 'FINISHED' || state === 'FAILED'
}

function deadline({ startDeadline }: Facts['submission']): string {
  return startDeadline === NO_DEADLINE
    ? ''
    : `; it is given up at ${new Date(startDeadline).toISOString()}`
}

function recordOf({ submission }: Facts): Evidence {
  const { state, reason, changedAt } = submission
  const since = new Date(changedAt).toISOString()
  return own(`${state}${reason ? ` (${reason})` : ''} since ${since}`)
}

function own(text: string | undefined): Evidence {
  return { source: 'executor', text: text ?? '', cursor: null }
}
