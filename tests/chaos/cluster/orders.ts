import type { FaultInput } from '@scheduler-task/sandbox/yarn/faults'

/** An application as the stand-in truly holds it, or held it before it was made to forget it. */
export type PlayedApplication = Readonly<{
  id: string
  name: string
  tags: readonly string[]
  /** What `/apps` shows. */
  state: string
  finalStatus: string
  /** Epoch milliseconds; `finishedTime` is 0 while it lives. */
  startedTime: number
  finishedTime: number
  isForgotten: boolean
}>

/** What the ResourceManagers can be told. */
export interface Orders {
  /** The first ResourceManager does not listen any more. */
  down: () => Promise<void>
  up: () => Promise<void>
  /** Neither is active. */
  noActive: () => Promise<void>
  /** The other one is active, with the same applications and another cluster id. */
  failover: () => Promise<void>
  /** The first one is a new process, with all that it knew. */
  restart: () => Promise<void>
  /** The first one is a new process that knows nothing of this share of the applications (0 to 1). */
  forget: (share?: number) => Promise<void>
  /** Of both; none ends them. */
  faults: (faults?: readonly FaultInput[]) => Promise<void>
}
