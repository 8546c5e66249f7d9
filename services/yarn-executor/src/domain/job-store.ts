import type { LauncherExit, LauncherFailure, ProcessIdentity } from './launching.ts'
import type {
  Attempt,
  JobWarning,
  PositionedEvent,
  StateChange,
  Submission,
  SubmissionEvent,
  SubmissionState,
  Verdict
} from './submission.ts'

/** What is known of a submission before anything was done for it. */
export type NewSubmission = Pick<
  Submission,
  | 'id'
  | 'taskName'
  | 'engine'
  | 'deployMode'
  | 'owner'
  | 'requestId'
  | 'configFile'
  | 'configDigest'
  | 'installationTag'
  | 'submissionTag'
  | 'startDeadline'
  | 'replaces'
  | 'promised'
  | 'profile'
  | 'settings'
  | 'program'
> &
  Partial<Pick<Submission, 'replacesApplication'>>

export type NewAttempt = Omit<
  Attempt,
  'createdAt' | 'identity' | 'exit' | 'failure' | 'endedAt' | 'hostId'
>

/** What is compared with the ResourceManager's list at each look, of each that is live. */
export type Watched = Pick<
  Submission,
  | 'id'
  | 'submissionTag'
  | 'applicationId'
  | 'state'
  | 'yarnState'
  | 'finalStatus'
  | 'observedAt'
  | 'stale'
>

/** What the ResourceManager last said of an application. */
export type Observation = Readonly<{ yarnState: string; finalStatus: string; observedAt: number }>

/** Refused: a live submission has this name. */
export class NameTaken extends Error {
  override readonly name = 'NameTaken'
  readonly holder: Submission

  constructor(holder: Submission) {
    super(`the name ${holder.taskName} is held by submission ${holder.id}`)
    this.holder = holder
  }
}

/** Refused: the key came with another body before. */
export class KeyReused extends Error {
  override readonly name = 'KeyReused'
  readonly submission: Submission

  constructor(submission: Submission) {
    super(`the key was used for submission ${submission.id} with another body`)
    this.submission = submission
  }
}

/** Refused: not a cursor that a list has answered. */
export class BadCursor extends Error {
  override readonly name = 'BadCursor'
}

/** A key of a client, which counts per owner as long as the submission is kept, and what it came with. */
export type OncePerKey = Readonly<{ key: string; bodyDigest: string }>

/** What is kept with a submission or an attempt: the bytes of its digest. */
export type Kept = Readonly<{ config?: Uint8Array }>

/** More is not kept, and refused with a RangeError; configs are checked before. */
export const MAX_CONFIG_BYTES = 4 * 1024 * 1024

/** Only what all of these say. Times are epoch milliseconds. */
export type SubmissionFilter = Readonly<{
  states?: readonly SubmissionState[]
  engine?: Submission['engine']
  owner?: string
  taskName?: string
  /** Any part of the name, letter for letter. */
  nameContains?: string
  acceptedFrom?: number
  acceptedBefore?: number
}>

/** A part of a list, newest first. */
export type SubmissionPage = Readonly<{
  items: readonly Submission[]
  /** Where the next part begins; null: this was the last. */
  nextCursor: string | null
  /** Of all parts together. */
  total: number
}>

/** What retention has removed; what lies in the directories of attempts is still there. */
export type Removed = Readonly<{ submissionIds: readonly string[]; directories: readonly string[] }>

/** Somebody wants the end of an application that no live submission stands for. */
export type WantedEnd = Readonly<{
  applicationId: string
  requestedBy: string
  requestedAt: number
}>

/**
 * Why: the database does not answer, or not as one that may be written (`UNREACHABLE`); it has no room (`FULL`); others
 * are in the way for too long (`BUSY`).
 */
export type UnavailableReason = 'UNREACHABLE' | 'FULL' | 'BUSY'

/**
 * It cannot be done now, which says nothing of the submission. Of a write whose connection broke nobody knows whether
 * it was done.
 */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable'
  readonly reason: UnavailableReason

  constructor(reason: UnavailableReason, { cause }: { cause: unknown }) {
    super(`the store is unavailable: ${cause instanceof Error ? cause.message : cause}`, { cause })
    this.reason = reason
  }
}

/**
 * Refused: the work for this submission is another instance's by now, or this process has no lease. Nothing was written,
 * and nothing more is to be done here.
 */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost'
}

/**
 * Submissions, attempts and events. What a method has resolved is durable: it is there after a crash of the process,
 * and of the machine. Each method is one transaction; each may throw {@link StoreUnavailable}.
 */
export interface JobStore {
  /** The id of this installation, made once; lower case letters and digits. */
  installationId(): Promise<string>

  /**
   * Writes an ACCEPTED submission, and takes its name. Throws {@link NameTaken}.
   *
   * A restart names the submission it `replaces`: when that one holds the very name, the name passes over to the new
   * one, and back should the new one end first.
   */
  accept(submission: NewSubmission, kept?: Kept): Promise<Submission>

  /**
   * The same for a client that may ask twice: of the requests of one owner with one key the first is accepted, the
   * others get its submission as it is now (`first: false`) whatever has become of it. Throws {@link NameTaken},
   * {@link KeyReused}.
   */
  acceptOnce(
    submission: NewSubmission,
    once: OncePerKey,
    kept?: Kept
  ): Promise<Readonly<{ submission: Submission; first: boolean }>>

  /** What was accepted with this key before, as it is now. Throws {@link KeyReused}. */
  acceptedWith(owner: string, once: OncePerKey): Promise<Submission | undefined>

  /**
   * One step of a submission into another state, and its event. Throws `ImpossibleChange` when it is not in a state
   * that leads there (any more).
   */
  change(id: string, change: StateChange): Promise<Submission>

  /** A person says that it is over. Throws `ImpossibleChange` when it is already. */
  closeByHand(id: string, by: Readonly<{ who: string; text: string }>): Promise<Submission>

  /**
   * How one that is over went, once and for good, with one event `outcome`. Answers false, and changes nothing, when
   * it has an outcome already, is not over, or was removed.
   */
  setOutcome(id: string, verdict: Verdict): Promise<boolean>

  /** Some that are over and have no outcome yet, in order of id; `after` is the last id of the part before. */
  withoutOutcome(page: Readonly<{ limit: number; after?: string }>): Promise<Submission[]>

  /** Keeps what is out of order with a live one, with an event `warning`; false when it was known, or is over. */
  warn(id: string, warning: JobWarning): Promise<boolean>

  /** Notes something else that happened. */
  note(event: Omit<SubmissionEvent, 'at'>): Promise<void>

  /** A later end of the time that its start may take. */
  setStartDeadline(id: string, startDeadline: number): Promise<void>

  find(id: string): Promise<Submission | undefined>
  findByApplication(applicationId: string): Promise<Submission | undefined>
  /** The live submission that holds the name. */
  holderOf(taskName: string): Promise<Submission | undefined>
  /** All that are not over, in order of acceptance. */
  live(): Promise<Submission[]>
  /** The same, as little of each as watching needs: it is read every few seconds. */
  watched(): Promise<Watched[]>
  /**
   * A part of all submissions, newest first; `after` is the cursor that the part before has answered. What is accepted
   * meanwhile does not move anything. Throws {@link BadCursor}.
   */
  list(
    filter: SubmissionFilter,
    page: Readonly<{ limit: number; after?: string }>
  ): Promise<SubmissionPage>
  /** The bytes of a digest, when they were kept. */
  config(digest: string): Promise<Uint8Array | undefined>

  events(submissionId: string): Promise<SubmissionEvent[]>
  /** Events of all submissions behind a position, in order. What comes later has a later position. */
  eventsAfter(position: number, limit: number): Promise<PositionedEvent[]>
  /** The position of the last event; 0 when there was none. */
  lastPosition(): Promise<number>
  /**
   * Calls `listener` soon after something has changed, by this process or another one; several changes may be one
   * call, and a call may be for nothing. Answers how to end it.
   */
  onChange(listener: () => void): () => void

  /**
   * Removes submissions that ended before `time`, the oldest ones first, `limit` at most, with their attempts, events
   * and keys, and configs that nobody needs any more. What is live is not touched: no submission, none that a live one
   * replaces, none whose launcher has not been seen to end.
   */
  removeEndedBefore(time: number, limit: number): Promise<Removed>
  /** Which of these attempts there are; 500 at most. */
  knownAttempts(ids: readonly string[]): Promise<string[]>

  /** Keeps the wish; who had it first, keeps it. */
  wantEnd(applicationId: string, who: string): Promise<void>
  /** What is wished for and not reported yet, the oldest wishes first; 1000 at most. */
  wantedEnds(): Promise<WantedEnd[]>
  /** Nothing is wished for any more: it is over, or cannot be killed. */
  endReported(applicationId: string): Promise<void>

  /** Keeps what was seen of applications, and that it is fresh. */
  observe(seen: ReadonlyMap<string, Observation>): Promise<void>
  /** What is known of these, or of all live ones that have an application, may be out of date. */
  markStale(reason: string, ids?: readonly string[]): Promise<void>

  /** `kept`: the rendered copy. */
  addAttempt(attempt: NewAttempt, kept?: Kept): Promise<Attempt>
  attemptStarted(id: string, identity: ProcessIdentity): Promise<void>
  /**
   * `failure`: what its output says about its end. Only the first end of an attempt counts; answers the id of its
   * submission then.
   */
  attemptEnded(
    id: string,
    exit: LauncherExit,
    failure?: LauncherFailure
  ): Promise<string | undefined>
  /** The last attempt of a submission; undefined when there is none. */
  attemptOf(submissionId: string): Promise<Attempt | undefined>
  /** All attempts of a submission, the first one first. */
  attemptsOf(submissionId: string): Promise<Attempt[]>
  /** Attempts whose launcher has not been seen to end, of any submission. */
  openAttempts(): Promise<Attempt[]>

  /** Resolves when it can be asked; for `/ready`. */
  ping(): Promise<void>
  close(): Promise<void>
}
