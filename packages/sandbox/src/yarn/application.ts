// The life of an application inside the ResourceManager (RMAppState) and what clients are shown.
//
//   NEW ──────────> NEW_SAVING, KILLED
//   NEW_SAVING ───> SUBMITTED, FINAL_SAVING (killed)
//   SUBMITTED ────> ACCEPTED, FINAL_SAVING (rejected, killed)
//   ACCEPTED ─────> RUNNING, ACCEPTED (next attempt), KILLING, FINAL_SAVING (last attempt failed)
//   RUNNING ──────> ACCEPTED (next attempt), KILLING, FINAL_SAVING (unregistered, last attempt failed)
//   KILLING ──────> FINAL_SAVING (killed, or the AM was quicker and unregistered)
//   FINAL_SAVING ─> FINISHING, FINISHED, FAILED, KILLED
//   FINISHING ────> FINISHED
//
// `/state` tells these; `/apps` tells the YarnApplicationState: FINISHING is FINISHED, KILLING and
// FINAL_SAVING are what came before them.

export const publicStates = [
  'NEW',
  'NEW_SAVING',
  'SUBMITTED',
  'ACCEPTED',
  'RUNNING',
  'FINISHED',
  'FAILED',
  'KILLED'
] as const
export type PublicState = (typeof publicStates)[number]
export type InternalState = PublicState | 'FINAL_SAVING' | 'FINISHING' | 'KILLING'

export const finalStatuses = ['UNDEFINED', 'SUCCEEDED', 'FAILED', 'KILLED', 'ENDED'] as const
export type FinalStatus = (typeof finalStatuses)[number]

const transitions: Readonly<Record<InternalState, readonly InternalState[]>> = {
  NEW: ['NEW_SAVING', 'KILLED'],
  NEW_SAVING: ['SUBMITTED', 'FINAL_SAVING'],
  SUBMITTED: ['ACCEPTED', 'FINAL_SAVING'],
  ACCEPTED: ['RUNNING', 'ACCEPTED', 'KILLING', 'FINAL_SAVING'],
  RUNNING: ['ACCEPTED', 'KILLING', 'FINAL_SAVING'],
  KILLING: ['FINAL_SAVING'],
  FINAL_SAVING: ['FINISHING', 'FINISHED', 'FAILED', 'KILLED'],
  FINISHING: ['FINISHED'],
  FINISHED: [],
  FAILED: [],
  KILLED: []
}

/**
 * How far the ApplicationMaster of an attempt is: `new` unknown to the scheduler, `scheduled` waiting
 * for its container, `launched` in it, `registered` (the application is RUNNING), `ended`.
 */
export type AttemptStage = 'new' | 'scheduled' | 'launched' | 'registered' | 'ended'

export interface Attempt {
  readonly number: number
  stage: AttemptStage
  /** Epoch ms; 0 = not yet. */
  readonly startTime: number
  launchTime: number
  finishedTime: number
  /** '' before the container is allocated. */
  containerId: string
  /** Ids of all containers that the attempt holds, the one of the AM first. */
  containers: string[]
  /** Port of the AM's RPC server; absent for Spark's client mode and once killed. */
  rpcPort: number | undefined
}

export interface Resource {
  /** MiB. */
  readonly memory: number
  readonly vCores: number
}

export interface Application {
  readonly id: string
  readonly user: string
  readonly name: string
  readonly queue: string
  readonly type: string
  /** Lower-cased, in alphabetical order. */
  readonly tags: readonly string[]
  readonly priority: number
  /** Present when submitted over REST: `""`. */
  readonly nodeLabelExpression: string | undefined
  readonly resource: Resource
  readonly maxAttempts: number
  readonly unmanaged: boolean
  readonly startedTime: number
  launchTime: number
  finishedTime: number
  state: InternalState
  /** What `/apps` shows; changes with `state` except for KILLING and FINAL_SAVING. */
  publicState: PublicState
  /** Where FINAL_SAVING leads. */
  saving: 'FINISHING' | 'FAILED' | 'KILLED'
  finalStatus: FinalStatus
  progress: number
  diagnostics: string
  /** True when the scheduler refused it: no attempt, no usage. */
  rejected: boolean
  readonly attempts: Attempt[]
  /** Not shown by lists and lookups before this moment (epoch ms). */
  visibleFrom: number
  /** PUTs that were answered 202 while a kill was held back. */
  heldKills: number
}

/** Thrown when something asks for a step that the table above does not have. */
export class ImpossibleTransition extends Error {
  constructor(app: Application, to: InternalState) {
    super(`${app.id} cannot go from ${app.state} to ${to}`)
    this.name = 'ImpossibleTransition'
  }
}

/** The one function that changes `state`; refuses what the table does not have. */
export function enter(app: Application, to: InternalState): void {
  if (!transitions[app.state].includes(to)) throw new ImpossibleTransition(app, to)
  app.state = to
  if (to === 'FINISHING') app.publicState = 'FINISHED'
  else if (to !== 'KILLING' && to !== 'FINAL_SAVING') app.publicState = to
}

/** FINISHED, FAILED or KILLED: nothing follows. */
export function isFinal(app: Application): boolean {
  return transitions[app.state].length === 0
}

/** The final state is stored, so a kill changes nothing more (§4.8 point 6). */
export function isFinalStateStored(app: Application): boolean {
  return isFinal(app) || app.state === 'FINISHING'
}

export function currentAttempt(app: Application): Attempt | undefined {
  return app.attempts.at(-1)
}

/** `application_<ts>_<seq>` with the sequence padded to four digits. */
export function applicationId(timestamp: number | string, sequence: number | string): string {
  return `application_${timestamp}_${String(sequence).padStart(4, '0')}`
}

/** The part `<ts>_<seq>` that attempts and containers share with their application. */
export function idStem(id: string): string {
  return id.slice('application_'.length)
}

export function attemptId(id: string, attempt: number): string {
  return `appattempt_${idStem(id)}_${String(attempt).padStart(6, '0')}`
}
