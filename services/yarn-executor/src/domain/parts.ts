import type { LiveApplications } from '@scheduler-task/yarn-client/live-applications'
import type { ResourceManager } from '@scheduler-task/yarn-client/resource-manager'
import type { BackgroundWork } from './background-work.ts'
import type { JobStore } from './job-store.ts'
import type { LaunchQueue } from './launch-queue.ts'
import type { Launching } from './launching.ts'
import type { Log } from './log.ts'
import type { Ownership } from './ownership.ts'

/** How long things may take, in milliseconds. */
export type Limits = Readonly<{
  startTimeoutMs: number
  stopTimeoutMs: number
  killGraceMs: number
  /** After a crash: how long a request that was sent may take to show up at the ResourceManager. */
  submitHorizonMs: number
  /** Between two lists of the watcher. */
  pollIntervalMs: number
  /** Between two look-ups of what is being launched or stopped. */
  lookUpIntervalMs: number
  /** How long after an application's end the output of its driver is waited for, where only that tells how it went. */
  driverLogMs: number
}>

/** What the parts of the domain share. */
export type Parts = Readonly<{
  store: JobStore
  /** Asked for proofs: no answer of it is shared or kept. */
  rm: ResourceManager
  /** What is shown: may be two seconds old. */
  live: LiveApplications
  /** For names: asked anew each time, though one answer serves all who ask at once. */
  names: Pick<LiveApplications, 'named'>
  launching: Launching
  queue: LaunchQueue
  background: BackgroundWork
  ownership: Ownership
  limits: Limits
  log: Log
}>

/** Polls that must not find an application before it counts as absent. */
export const ABSENT_POLLS = 3
