/*
 * What a worker and its primary tell each other. The primary stays the process that was once started, while a worker
 * runs the code that is on disk when it starts: what is here keeps its meaning from release to release.
 *
 * worker: loaded ─────────────> ready ── alive, alive, … ── leaving (when nobody asked it to) ──> exit
 * primary:        └─ listen + socket ─┘                └─ drain ─┘
 */

/** What the primary has to know of the configuration; workers read it, so that the primary needs no schemas. */
export type Settings = Readonly<{
  HOST: string
  PORT: number
  LISTEN_SOCKET?: string
  LOG_LEVEL: string
  WORKERS: number
  /** How long a worker may be silent. */
  workerTimeoutMs: number
  /** How long a worker may take from `drain` to its end. */
  drainLimitMs: number
  /** It keeps state that no other process can have at the same time. */
  isAlone: boolean
}>

export type FromWorker =
  | { type: 'loaded'; settings: Settings }
  | { type: 'ready' }
  | { type: 'alive' }
  | { type: 'leaving' }

/** `listen` comes with the socket. */
export type ToWorker = { type: 'listen' } | { type: 'drain' }

/** Pause between two signs of life. */
export const ALIVE_EVERY_MS = 1000
