import { isLive } from '@scheduler-task/yarn-client/application'
import { maskSecrets } from '../secret-masking.ts'
import { isOver, isStarting } from '../submission.ts'
import { STUCK_CAUSES } from './causes/engine-causes.ts'
import { causesIn } from './causes/known-causes.ts'
import type { Cause, Diagnosis, Evidence, Facts } from './diagnosis.ts'
import { type FoundCause, findCauses } from './find-causes.ts'
import {
  decidedCauses,
  launcherRuns,
  ownLastWord,
  waitingCauses,
  warningCauses
} from './record-causes.ts'
import { linesOf, type SourceText } from './text-lines.ts'

const MOST_CAUSES = 5
const MOST_EVIDENCE = 6
const LONGEST_EVIDENCE = 400

const IN_LOGS = causesIn('log')
const AT_THE_END = causesIn('end')
const WHILE_WAITING = causesIn('wait')
const OF_LAUNCHERS = causesIn('launcher')

/** Why a job is pending or has failed, by all that is known of it: a pure function of the facts. */
export function diagnose(facts: Facts, secrets: readonly string[] = []): Diagnosis {
  const { state, outcome } = facts.submission
  const causes = causesOf(facts)
    .slice(0, MOST_CAUSES)
    .map((cause) => masked(cause, secrets))
  const [first] = causes
  const unread = facts.unread ?? null
  const known = first?.sentence ?? withoutCause(facts)
  const summary = unread === null ? known : `${known} ${unread}`
  return { causes, summary, state, outcome, unread }
}

function causesOf(facts: Facts): readonly Cause[] {
  const { submission } = facts
  const decided = decidedCauses(facts)
  if (decided.length > 0) return decided
  if (isOver(submission)) return endCauses(facts)
  if (isStarting(submission)) return startCauses(facts)
  const here = waitingCauses(facts)
  const live = facts.application?.state ?? submission.yarnState
  if (live !== 'RUNNING') return [...here, ...waitCauses(facts)]
  return [...here, ...warningCauses(facts), ...stuckCauses(facts)]
}

/** It is not accepted yet: this service is in the way, or the launcher goes on trying something. */
function startCauses(facts: Facts): readonly Cause[] {
  const here = waitingCauses(facts)
  const running = launcherRuns(facts)
  if (!running) return here
  const said = findCauses(OF_LAUNCHERS, facts.texts).filter(({ cause }) => cause.rank < 3)
  return [...here, ...said.map(toCause), running]
}

function waitCauses({ application, submission, room }: Facts): readonly Cause[] {
  if (!application || !isLive(application.state)) return []
  const text = { source: 'yarn', lines: linesOf(application.diagnostics) }
  const found = findCauses(WHILE_WAITING, [text])
  const queue = application.queue || 'of the job'
  if (found.some(({ cause }) => cause.code === 'WAITS_FOR_RESOURCES') && room) {
    const full = fullOf(room)
    if (full) return [{ ...full, evidence: [...full.evidence, ...evidenceOf(found)] }]
  }
  if (found.length > 0) return found.map(toCause)
  if (submission.state === 'RUNNING') return []
  return [
    {
      code: 'WAITS_ON_YARN',
      sentence: `YARN has its application in the queue ${queue}, and does not say what it waits for.`,
      advice: 'Look at the queue: GET /executor/yarnStatus.',
      evidence: [
        { source: 'yarn', text: application.diagnostics || application.state, cursor: null }
      ]
    }
  ]
}

/** What is left is too small for a container, as a rule: it would have got it. */
const FULL_SHARE = 0.9

function fullOf({ queue, used, maximum, clusterUsed }: NonNullable<Facts['room']>) {
  const percent = (share: number) => `${Math.round(share * 10) / 10} %`
  const text = `queue ${queue}: ${percent(used)} of the cluster used, at most ${percent(maximum)}; cluster: ${percent(clusterUsed)} used`
  const evidence: readonly Evidence[] = [{ source: 'yarn', text, cursor: null }]
  if (used >= maximum * FULL_SHARE) {
    return {
      code: 'QUEUE_FULL',
      sentence: `The queue ${queue} has no room left for it: it uses ${percent(used)} of the cluster and may use ${percent(maximum)}.`,
      advice: 'Wait until another job of the queue ends, or use another queue.',
      evidence
    }
  }
  if (clusterUsed < 100 * FULL_SHARE) return undefined
  return {
    code: 'CLUSTER_FULL',
    sentence: `The cluster has no room left for it: ${percent(clusterUsed)} of it are in use.`,
    advice: 'Wait until something ends.',
    evidence
  }
}

function stuckCauses({ texts }: Facts): readonly Cause[] {
  const ends = texts.map(({ source, lines }) => ({ source, lines: lines.slice(-STUCK_LINES) }))
  const goesOn = (text: SourceText) =>
    text.lines.findLastIndex(({ text: line }) =>
      /Starting task |Finished task |Registered executor/.test(line)
    )
  return findCauses(
    STUCK_CAUSES,
    ends.map((text) => ({ ...text, lines: text.lines.slice(goesOn(text) + 1) }))
  ).map(toCause)
}

const STUCK_LINES = 100

function endCauses(facts: Facts): readonly Cause[] {
  const { submission, attempt, texts } = facts
  if (submission.outcome === 'SUCCEEDED' || succeededSoFar(facts)) return []
  if (submission.state === 'LOST') return [...waitingCauses(facts), ...lastWord(facts)].slice(0, 1)
  const diagnostics = submission.reasonText ?? ''
  const ofYarn = findCauses(AT_THE_END, [{ source: 'yarn', lines: linesOf(diagnostics) }])
  const killed = ofYarn.filter(({ cause }) => ENDS_IT.has(cause.code))
  if (submission.state === 'KILLED') {
    return killed.length > 0 ? killed.map(toCause) : [killedOnYarn(facts)]
  }
  const kept = attempt?.failure?.lines ?? []
  // What the launcher said is kept with its attempt: also when its log is out of reach.
  const ofLauncher = texts.some(({ source }) => source.startsWith('launcher/'))
    ? []
    : [{ source: 'launcher/stderr', lines: linesOf(kept.join('\n')) }]
  const ofLogs = findCauses(IN_LOGS, [...texts, ...ofLauncher])
  const found = inOrder([...ofYarn, ...ofLogs])
  return found.length > 0 ? found.map(toCause) : lastWord(facts)
}

/** What ends an application from outside: nothing else is its cause then. */
const ENDS_IT = new Set(['KILLED_ON_YARN', 'LIFETIME_OVER', 'PREEMPTED'])

/** Its launcher's end has not been seen yet, and YARN speaks well of it. */
function succeededSoFar({ submission: { state, outcome, finalStatus } }: Facts): boolean {
  return outcome === null && state === 'FINISHED' && finalStatus === 'SUCCEEDED'
}

function killedOnYarn({ submission }: Facts): Cause {
  return {
    code: 'KILLED_ON_YARN',
    sentence: `It was killed on YARN${submission.reasonText ? `: ${submission.reasonText}` : ''}.`,
    advice: 'Nobody asked for that here; the ResourceManager’s log says who did.',
    evidence: submission.evidence.map(({ source, text }) => ({ source, text, cursor: null }))
  }
}

function lastWord(facts: Facts): readonly Cause[] {
  return [ownLastWord(facts)]
}

/** Each code once, in the order of one search: those that were found in one place come between those of the other. */
function inOrder(found: readonly FoundCause[]): readonly FoundCause[] {
  const sorted = [...found].sort(
    (one, other) =>
      Number(one.weight === 0) - Number(other.weight === 0) ||
      one.cause.rank - other.cause.rank ||
      other.weight - one.weight
  )
  const codes = new Set<string>()
  return sorted.filter(({ cause: { code } }) => !codes.has(code) && codes.add(code))
}

function toCause(found: FoundCause): Cause {
  const { code, advice } = found.cause
  return { code, sentence: found.sentence, advice, evidence: evidenceOf([found]) }
}

function evidenceOf(found: readonly FoundCause[]): Evidence[] {
  return found.flatMap(({ evidence }) =>
    evidence.map(({ source, text, cursor }) => ({ source, text: text.trim(), cursor }))
  )
}

function masked(cause: Cause, secrets: readonly string[]): Cause {
  const clean = (text: string) => cut(maskSecrets(text, secrets))
  return {
    ...cause,
    sentence: clean(cause.sentence),
    evidence: cause.evidence
      .filter(({ text }) => text !== '')
      .slice(0, MOST_EVIDENCE)
      .map((one) => ({ ...one, text: clean(one.text) }))
  }
}

function cut(text: string): string {
  return text.length > LONGEST_EVIDENCE ? `${text.slice(0, LONGEST_EVIDENCE)}…` : text
}

function withoutCause({ submission: { state, outcome } }: Facts): string {
  if (outcome === 'SUCCEEDED') return 'It succeeded.'
  if (state === 'FINISHED') return 'It ended; how it went is being found out.'
  if (state === 'RUNNING') return 'It runs, and nothing is known to be wrong with it.'
  if (state === 'SUBMITTED') return 'YARN has accepted it, and nothing is known that it waits for.'
  return 'It is being started, and nothing is known that it waits for.'
}
