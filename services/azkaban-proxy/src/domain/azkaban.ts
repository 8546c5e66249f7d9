/**
 * Why Azkaban did not do what was asked, or what it answered instead.
 *
 * - `UNREACHABLE`: nothing answers, the connection broke, or only a proxy answers.
 * - `TIMEOUT`: no whole answer within the limit.
 * - `NONSENSE`: what came is not an answer of Azkaban, or only a part of one, or nothing.
 * - `TOO_LARGE`: the answer is larger than allowed and was cut off.
 * - `BUSY`: no connection became free in time; nothing was sent.
 * - `SESSION_LOST`: Azkaban does not know the session (any more).
 * - `REFUSED`: its own error, as JSON or a line of text.
 * - `PAGE`: its HTTP 500 page.
 */
export type AzkabanReason =
  | 'UNREACHABLE'
  | 'TIMEOUT'
  | 'NONSENSE'
  | 'TOO_LARGE'
  | 'BUSY'
  | 'SESSION_LOST'
  | 'REFUSED'
  | 'PAGE'

/** The message names Azkaban and never its address; the cause, for logs, may hold one. */
export class AzkabanError extends Error {
  override readonly name = 'AzkabanError'
  readonly reason: AzkabanReason
  /** Azkaban's own words, byte for byte, for `SESSION_LOST`, `REFUSED` and `PAGE`. */
  readonly text: string | undefined
  /** What Azkaban says under `error`, for `REFUSED`. */
  readonly said: string | undefined
  /** The execution that the same answer names, for a `REFUSED` start: 3.3 of the contract. */
  readonly execId: number | undefined
  /** Azkaban may have carried it out: the request left, and no answer says that it was refused. */
  readonly maybeDone: boolean

  constructor(
    reason: AzkabanReason,
    message: string,
    details: {
      text?: string | undefined
      said?: string | undefined
      execId?: number | undefined
      maybeDone?: boolean
      cause?: unknown
    } = {}
  ) {
    super(message, { cause: details.cause })
    this.reason = reason
    this.text = details.text
    this.said = details.said
    this.execId = details.execId
    this.maybeDone = details.maybeDone ?? false
  }
}

/** A job of an execution; those of embedded flows are listed like all others, by their nested id `sub:inner`. */
export type ExecutionJob = Readonly<{
  nestedId: string
  status: string
  /** Counts from 0; those before it have logs of their own. */
  attempt: number
  /** Epoch ms; not above 0 when it has not started. */
  startTime: number
  /** Epoch ms; not above 0 before the end. */
  endTime: number
}>

export type Execution = Readonly<{
  /** Azkaban's answer, byte for byte. */
  text: string
  status: string
  jobs: readonly ExecutionJob[]
}>

/** A piece of a job's log. `offset` and `length` are bytes of the log; `data` may be HTML-escaped. */
export type LogBlock = Readonly<{ text: string; offset: number; length: number; data: string }>

export type LogQuestion = Readonly<{
  execId: number
  jobId: string
  /** The current one when it is missing. */
  attempt?: number
  offset: number
  length: number
}>

export type Flow = Readonly<{ project: string; flow: string }>

export type StartedFlow = Readonly<{ text: string; execId: number }>

/** An execution as the list of a flow's executions shows it. */
export type ListedExecution = Readonly<{
  execId: number
  status: string
  /** Epoch ms by Azkaban's clock. */
  submitTime: number
  submitUser: string
}>

/** What may have been started, as the caller is told. */
export type Candidate = Readonly<{
  execId: number
  status?: string
  submitTime?: number
  submitUser?: string
}>

/** Azkaban for one of its sessions. All calls reject with `AzkabanError`, or with the signal's reason. */
export interface AzkabanSession {
  start: (flow: Flow, signal?: AbortSignal) => Promise<StartedFlow>
  execution: (execId: number, signal?: AbortSignal) => Promise<Execution>
  jobLog: (question: LogQuestion, signal?: AbortSignal) => Promise<LogBlock>
  running: (
    flow: Flow,
    signal?: AbortSignal
  ) => Promise<{ text: string; execIds: readonly number[] }>
  /**
   * Resolves when Azkaban has accepted the cancel, which it says only when every job has died. `waitMs`: how long to
   * wait for a connection. `onSent` is called when the request leaves.
   */
  cancel: (
    execId: number,
    options: { waitMs: number; signal?: AbortSignal; onSent?: () => void }
  ) => Promise<void>
  /** Names of the project's flows; later versions leave embedded ones out. */
  flows: (project: string, signal?: AbortSignal) => Promise<readonly string[]>
  /** Newest first, at most 20. */
  executions: (flow: Flow, signal?: AbortSignal) => Promise<readonly ListedExecution[]>
}

export interface Azkaban {
  /** Answers Azkaban's own text, which holds the new session's id. */
  login: (account: { username: string; password: string }, signal?: AbortSignal) => Promise<string>
  session: (sessionId: string) => AzkabanSession
  /** Resolves when an Azkaban answers, whoever asks. */
  ping: (signal?: AbortSignal) => Promise<void>
  close: () => Promise<void>
}

/** No other state of an execution follows; an unknown one is not final (azkaban.md §5.2). */
const FINAL: ReadonlySet<string> = new Set(['SUCCEEDED', 'FAILED', 'KILLED', 'EXECUTION_STOPPED'])

/** Once this holds, every job has ended too, whatever its own state says (§8: jobs are left in KILLING). */
export function hasEnded({ status }: Pick<Execution, 'status'>): boolean {
  return FINAL.has(status)
}

/** It has run, or runs: what is skipped or cancelled before its turn ends in the moment in which it "starts". */
export function hasBegun({ startTime, endTime }: Pick<ExecutionJob, 'startTime' | 'endTime'>) {
  return startTime > 0 && startTime !== endTime
}
