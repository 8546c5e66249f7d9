import type { LauncherExit, ProcessIdentity } from './launching.ts'
import type { Attempt, StateChange, Submission, SubmissionEvent } from './submission.ts'

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
>

export type NewAttempt = Omit<Attempt, 'createdAt' | 'identity' | 'exit' | 'endedAt'>

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
  accept(submission: NewSubmission): Promise<Submission>

  /**
   * One step of a submission into another state, and its event. Throws `ImpossibleChange` when it is not in a state
   * that leads there (any more).
   */
  change(id: string, change: StateChange): Promise<Submission>

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
  events(submissionId: string): Promise<SubmissionEvent[]>

  /** Keeps what was seen of applications, and that it is fresh. */
  observe(seen: ReadonlyMap<string, Observation>): Promise<void>
  /** What is known of these, or of all live ones that have an application, may be out of date. */
  markStale(reason: string, ids?: readonly string[]): Promise<void>

  addAttempt(attempt: NewAttempt): Promise<Attempt>
  attemptStarted(id: string, identity: ProcessIdentity): Promise<void>
  attemptEnded(id: string, exit: LauncherExit): Promise<void>
  /** The last attempt of a submission; undefined when there is none. */
  attemptOf(submissionId: string): Promise<Attempt | undefined>
  /** Attempts whose launcher has not been seen to end, of any submission. */
  openAttempts(): Promise<Attempt[]>

  /** Resolves when it can be asked; for `/ready`. */
  ping(): Promise<void>
  close(): Promise<void>
}
