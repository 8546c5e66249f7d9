import type {
  DeployMode,
  Engine,
  LauncherExit,
  LauncherFailure,
  LaunchSettings,
  ProcessIdentity,
  ProfileName,
  Program
} from './launching.ts'

/**
 * The states of a submission (one acceptance of a job) and what leads where:
 *
 *     ACCEPTED   the row is durable, nothing was spawned      → LAUNCHING, STOPPING, REJECTED
 *     LAUNCHING  a launcher was spawned, or was about to be   → SUBMITTED, STOPPING, REJECTED
 *     SUBMITTED  the ResourceManager has taken its application → RUNNING, FINISHED, FAILED, KILLED, STOPPING, LOST
 *     RUNNING    its ApplicationMaster has registered         → FINISHED, FAILED, KILLED, STOPPING, LOST
 *     STOPPING   its end is wanted, for good                  → FINISHED, FAILED, KILLED, LOST
 *     FINISHED, FAILED, KILLED  the ResourceManager said so; KILLED with reason CANCELLED: stopped before there was
 *                an application                               → nothing
 *     REJECTED   proven that no application exists            → nothing
 *     LOST       a confirmed active ResourceManager has no application of the tag any more, and nobody is left who
 *                could submit one; or somebody has closed the record by hand, from any state that is not final
 *                                                             → nothing
 *
 * A ResourceManager that is silent changes `stale`, never the state.
 */
const LEADS_TO = {
  ACCEPTED: ['LAUNCHING', 'STOPPING', 'REJECTED'],
  LAUNCHING: ['SUBMITTED', 'STOPPING', 'REJECTED'],
  SUBMITTED: ['RUNNING', 'FINISHED', 'FAILED', 'KILLED', 'STOPPING', 'LOST'],
  RUNNING: ['FINISHED', 'FAILED', 'KILLED', 'STOPPING', 'LOST'],
  STOPPING: ['FINISHED', 'FAILED', 'KILLED', 'LOST'],
  FINISHED: [],
  FAILED: [],
  KILLED: [],
  REJECTED: [],
  LOST: []
} as const satisfies Record<string, readonly string[]>

export type SubmissionState = keyof typeof LEADS_TO

export const SUBMISSION_STATES = Object.keys(LEADS_TO) as readonly SubmissionState[]

/** Where nothing leads on from; the name is free then. */
export const FINAL_STATES = SUBMISSION_STATES.filter((state) => LEADS_TO[state].length === 0)

/** How it went: more than YARN's final status, and never a guess. */
export type Outcome = 'SUCCEEDED' | 'FAILED' | 'KILLED' | 'UNKNOWN'

/** One fact that an outcome rests on: who said it (`yarn`, `launcher`, `output`, …) and what. */
export type OutcomeEvidence = Readonly<{ source: string; text: string }>

/** An outcome is never without what it rests on. */
export type Verdict = Readonly<{ outcome: Outcome; evidence: readonly OutcomeEvidence[] }>

/** Something that is out of order with a job while it goes on: `code` is stable, upper snake case. */
export type JobWarning = Readonly<{ code: string; text: string }>

/** The last time that there is. */
export const NO_DEADLINE = 8_640_000_000_000_000

/** A job that was accepted. Times are epoch milliseconds. */
export type Submission = Readonly<{
  /** Lower case, sorts by time. */
  id: string
  taskName: string
  engine: Engine
  deployMode: DeployMode
  /** As it was accepted; null of what was accepted before there was a choice: then the default of its engine counts. */
  profile: ProfileName | null
  settings: LaunchSettings
  /** What it runs, when that is not kept as its config. */
  program: Program | null
  /** Who asked for it. */
  owner: string
  requestId: string
  /** As it was given. */
  configFile: string
  /** `sha256:<hex>` of the user's bytes, or of the program. */
  configDigest: string
  /** `st-i-…`, the same for every application of this installation. */
  installationTag: string
  /** `st-s-…` */
  submissionTag: string
  state: SubmissionState
  /** Why it is in this state, where the state alone does not say: stable, upper snake case. */
  reason: string | null
  /** The same in words. */
  reasonText: string | null
  applicationId: string | null
  /** When the ResourceManager was seen to have accepted the application; null when it refused it, too. */
  startedAt: number | null
  acceptedAt: number
  /** A start that has not succeeded by then is cancelled, also after a crash; `NO_DEADLINE`: never. */
  startDeadline: number
  changedAt: number
  /** Who wanted its end, and when. */
  stopRequestedBy: string | null
  stopRequestedAt: number | null
  /** `app.state` and `app.finalStatus` as last seen, and when. */
  yarnState: string | null
  finalStatus: string | null
  observedAt: number | null
  /** Why what is known may be out of date (`RM_UNREACHABLE`, …), and since when; null while it is fresh. */
  stale: string | null
  staleSince: number | null
  /** The submission whose place it takes, of a restart. */
  replaces: string | null
  /** The application that a restart was asked for, of ours or not: stopped with proof before anything is launched. */
  replacesApplication: string | null
  /** Whoever asked was told that it is kept: it is launched also after a restart of the service. */
  promised: boolean
  /** Null while nothing is known of it. */
  outcome: Outcome | null
  evidence: readonly OutcomeEvidence[]
  /** One of each code, in the order in which they were seen; they stay when the job is over. */
  warnings: readonly JobWarning[]
  /** Who closed the record by hand, and when: nobody has proven then what became of it. */
  closedBy: string | null
  closedAt: number | null
}>

/** One run of the launcher for a submission. */
export type Attempt = Readonly<{
  /** Also the marker in the environment of everything the launcher starts. */
  id: string
  submissionId: string
  /** `st-a-…` */
  tag: string
  profile: string
  argv: readonly string[]
  renderedDigest: string
  holdsDriver: boolean
  directory: string
  createdAt: number
  /** Of the session leader; null until it is known, and for good when a crash came in between. */
  identity: ProcessIdentity | null
  exit: LauncherExit | null
  /** What its output said about its end. */
  failure: LauncherFailure | null
  endedAt: number | null
  /** The host it was prepared on; null where there is one process only. */
  hostId: string | null
}>

/** Something that happened to a submission. */
export type SubmissionEvent = Readonly<{
  submissionId: string
  at: number
  /** A user, or the part of the service that saw it. */
  who: string
  /** A state that it went into, or `attempt-started` and the like. */
  what: string
  detail: string | null
}>

/** With its place among all events of all submissions: rising, never given twice, no committed one comes later. */
export type PositionedEvent = SubmissionEvent & Readonly<{ position: number }>

/** A step into another state: who makes it, why, and what else is known from then on. */
export type StateChange = Readonly<{
  to: SubmissionState
  who: string
  reason?: string
  text?: string
  also?: Partial<
    Pick<
      Submission,
      | 'applicationId'
      | 'startedAt'
      | 'yarnState'
      | 'finalStatus'
      | 'observedAt'
      | 'outcome'
      | 'evidence'
    >
  >
}>

/** Refused: the list of states has no such step. Somebody else was first; read again and decide anew. */
export class ImpossibleChange extends Error {
  override readonly name = 'ImpossibleChange'
  readonly from: SubmissionState
  readonly to: SubmissionState

  constructor(submission: Submission, to: SubmissionState) {
    super(`submission ${submission.id} cannot go from ${submission.state} to ${to}`)
    this.from = submission.state
    this.to = to
  }
}

/** The one place where a state changes. Throws {@link ImpossibleChange}. */
export function changeState(submission: Submission, change: StateChange, now: number): Submission {
  const possible: readonly SubmissionState[] = LEADS_TO[submission.state]
  if (!possible.includes(change.to)) throw new ImpossibleChange(submission, change.to)
  const stopping = change.to === 'STOPPING'
  return {
    ...submission,
    ...change.also,
    state: change.to,
    reason: change.reason ?? null,
    reasonText: change.text ?? null,
    changedAt: now,
    ...(stopping && { stopRequestedBy: change.who, stopRequestedAt: now })
  }
}

/**
 * A person says that it is over: LOST, and how it went is unknown. Throws {@link ImpossibleChange} when it is over.
 */
export function closeByHand(
  submission: Submission,
  { who, text }: Readonly<{ who: string; text: string }>,
  now: number
): Submission {
  if (isOver(submission)) throw new ImpossibleChange(submission, 'LOST')
  return {
    ...submission,
    state: 'LOST',
    reason: 'CLOSED_BY_HAND',
    reasonText: text,
    changedAt: now,
    outcome: 'UNKNOWN',
    evidence: [{ source: 'operator', text }],
    closedBy: who,
    closedAt: now
  }
}

export function isOver(submission: Pick<Submission, 'state'>): boolean {
  return FINAL_STATES.includes(submission.state)
}

/** The start of it has neither succeeded nor failed, nor been given up. */
export function isStarting({ state }: Pick<Submission, 'state'>): boolean {
  return state === 'ACCEPTED' || state === 'LAUNCHING'
}
