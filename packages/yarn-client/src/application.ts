import { APPLICATION_ID_PATTERN } from '@scheduler-task/contracts/application-id'

/** A value that a later Hadoop may have and this version does not know. */
type Unknown = string & Record<never, never>

/** `YarnApplicationState`. Unknown ones are tolerated and count as live. */
export type YarnState =
  | 'NEW'
  | 'NEW_SAVING'
  | 'SUBMITTED'
  | 'ACCEPTED'
  | 'RUNNING'
  | 'FINISHED'
  | 'FAILED'
  | 'KILLED'
  | Unknown

/** `FinalApplicationStatus`, what the ApplicationMaster reported. */
export type FinalStatus = 'UNDEFINED' | 'SUCCEEDED' | 'FAILED' | 'KILLED' | 'ENDED' | Unknown

/** What an application came to as far as YARN can tell; a launcher's exit may know better. */
export type YarnOutcome = 'SUCCEEDED' | 'FAILED' | 'KILLED' | 'UNKNOWN'

/**
 * An application as the ResourceManager reports it. Members carry the ResourceManager's names.
 * Times are epoch ms, 0 when not known; usages are −1 after the end and before the first container.
 */
export interface Application {
  id: string
  user: string
  name: string
  /** Leaf name on Capacity up to 3.3, full path (`root.etl`) from 3.4 and on Fair. */
  queue: string
  state: YarnState
  finalStatus: FinalStatus
  /** 0–100 */
  progress: number
  trackingUI: string
  /** Absent before RUNNING, and for good when no attempt ever started. */
  trackingUrl?: string | undefined
  diagnostics: string
  /** Activation time of the ResourceManager that answered. */
  clusterId: number
  applicationType: string
  /** Lower case, in no particular order. */
  applicationTags: readonly string[]
  startedTime: number
  launchTime: number
  finishedTime: number
  elapsedTime: number
  /** Page with the logs of the current attempt's ApplicationMaster; changes with the attempt. */
  amContainerLogs?: string | undefined
  amHostHttpAddress?: string | undefined
  amRPCAddress?: string | undefined
  masterNodeId?: string | undefined
  allocatedMB: number
  allocatedVCores: number
  runningContainers: number
  memorySeconds: number
  vcoreSeconds: number
  logAggregationStatus?: string | undefined
  priority: number
}

const FINAL_STATES: ReadonlySet<string> = new Set(['FINISHED', 'FAILED', 'KILLED'])

/** No other state follows. An unknown state is not final. */
export function isFinal(state: YarnState): boolean {
  return FINAL_STATES.has(state)
}

/** Another state will follow. */
export function isLive(state: YarnState): boolean {
  return !isFinal(state)
}

/** States of all applications that are not final. */
export const LIVE_STATES = ['NEW', 'NEW_SAVING', 'SUBMITTED', 'ACCEPTED', 'RUNNING'] as const

/** States that `yarn application -list` shows. */
export const LISTED_STATES = ['SUBMITTED', 'ACCEPTED', 'RUNNING'] as const

/**
 * What the pair of states means; `undefined` while the application is live.
 *
 * `FINISHED` says only that the ApplicationMaster signed off, `finalStatus` is what it said then:
 * nothing (`UNDEFINED`) is UNKNOWN. `ENDED` is the success of a composite.
 */
export function outcomeOf(state: YarnState, finalStatus: FinalStatus): YarnOutcome | undefined {
  if (isLive(state)) return undefined
  return OUTCOMES.get(state === 'FINISHED' ? finalStatus : state) ?? 'UNKNOWN'
}

const OUTCOMES: ReadonlyMap<string, YarnOutcome> = new Map([
  ['SUCCEEDED', 'SUCCEEDED'],
  ['ENDED', 'SUCCEEDED'],
  ['FAILED', 'FAILED'],
  ['KILLED', 'KILLED']
])

export interface ApplicationIdParts {
  /** When the issuing ResourceManager became active, epoch ms. */
  clusterTimestamp: bigint
  /** Counts from 1 within the timestamp. */
  sequence: number
}

const LONGEST_TIMESTAMP = 2n ** 63n - 1n
const LAST_SEQUENCE = 2 ** 31 - 1

/** An id that a ResourceManager can have given out, and does not choke on. */
export function isApplicationId(text: string): boolean {
  return parseApplicationId(text) !== undefined
}

/** `undefined` for what is not an application id. Unpadded ones are taken, as YARN does. */
export function parseApplicationId(text: string): ApplicationIdParts | undefined {
  const [, first, second] = APPLICATION_ID_PATTERN.exec(text) ?? []
  if (first === undefined || second === undefined) return undefined
  const [clusterTimestamp, sequence] = [BigInt(first), Number(second)]
  if (clusterTimestamp > LONGEST_TIMESTAMP || sequence > LAST_SEQUENCE) return undefined
  return { clusterTimestamp, sequence }
}

/**
 * Order of submission: by timestamp, then by sequence, as numbers (`…_10000` follows `…_9999`).
 * 0 for two spellings of one id. Throws `TypeError` for what is not an application id.
 */
export function compareApplicationIds(left: string, right: string): number {
  return compareParts(knownParts(left), knownParts(right))
}

/** The same in order of submission; each id is read once, lists can have ten thousands. */
export function inOrderOfSubmission<T extends { id: string }>(applications: readonly T[]): T[] {
  return applications
    .map((application) => ({ application, ...sortKey(application.id) }))
    .sort((left, right) =>
      left.timestamp === right.timestamp
        ? left.sequence - right.sequence
        : left.timestamp < right.timestamp
          ? -1
          : 1
    )
    .map(({ application }) => application)
}

/** Comparing numbers is far faster than comparing BigInts; a timestamp of today is a safe one. */
function sortKey(id: string): { timestamp: number | bigint; sequence: number } {
  const { clusterTimestamp, sequence } = knownParts(id)
  const asNumber = Number(clusterTimestamp)
  return { timestamp: Number.isSafeInteger(asNumber) ? asNumber : clusterTimestamp, sequence }
}

function compareParts(left: ApplicationIdParts, right: ApplicationIdParts): number {
  if (left.clusterTimestamp !== right.clusterTimestamp) {
    return left.clusterTimestamp < right.clusterTimestamp ? -1 : 1
  }
  return left.sequence - right.sequence
}

function knownParts(id: string): ApplicationIdParts {
  const parts = parseApplicationId(id)
  if (!parts) throw new TypeError('Not an application id')
  return parts
}
