import type { JobStore } from './job-store.ts'
import type { Launching } from './launching.ts'
import type { LeftWork } from './recover-jobs.ts'
import type { Submission } from './submission.ts'

/** What has changed about whose the work is. */
export type Look = Readonly<{
  /** Has become this process's. */
  taken: LeftWork
  /** Of these: whose own host may come back, and has the right of way then. */
  foreign: readonly string[]
  /** Is another's by now, of those that were asked for. */
  lost: readonly string[]
  /** This process's, and its end is wanted. */
  stopping: readonly Submission[]
  /** There may be more to take. */
  more: boolean
}>

/** The time of one lease. What the process concludes meanwhile is written in its name; afterwards nothing is. */
export interface Membership {
  store: JobStore
  launching: Launching
  /** Fires when the lease is lost, its reason says why; what had begun under it has to end. */
  lost: AbortSignal
  /** Whether this process does what one does for all. */
  leads: () => boolean
  /** Takes what nobody does. `foreign`: work whose own host may come back. */
  look: (foreign: readonly string[]) => Promise<Look>
  /** Gives everything back at once. */
  end: () => Promise<void>
}

/** The processes that share one database. */
export interface Instances {
  /** A lease with a token that none had before; what this process held under an earlier one is free. */
  join: () => Promise<Membership>
  close: () => Promise<void>
}
