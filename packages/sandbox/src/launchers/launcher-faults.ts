import { readFileSync } from 'node:fs'

/** Moments in the life of a launcher at which a fault can strike. */
export type LauncherStep =
  | 'start'
  /** An id was handed out by the ResourceManager and printed (`Uploading resource`), nothing sent. */
  | 'before-submit'
  /** The ResourceManager has the application, the launcher has not said so yet. */
  | 'after-submit'
  | 'running'
  /** All is over, the process has only to exit. */
  | 'end'

/**
 * What a stand-in launcher does wrong, for one launch. Everything is optional; `{}` is a launcher
 * without faults.
 */
export type LauncherFaults = {
  /** No line with an application id is printed: only the ResourceManager knows it. */
  hideId?: boolean
  /** Lines with an application id come this many milliseconds after the start. */
  idDelayMs?: number
  /** Lines printed on stdout before anything else, as if a sink had printed them. */
  spoofedLines?: string[]
  /** Exits at once with this code, without an application. */
  exitWithoutApplication?: number
  /** Exits with this code instead of the right one when all is over. */
  exitCode?: number
  /** SIGTERM and SIGINT are ignored. */
  ignoreSigterm?: boolean
  /** Ends at this step: by a signal to itself, or with an exit code. */
  dieAt?: LauncherStep
  dieBy?: NodeJS.Signals | number
  /** Stays at this step for ever. */
  hangAt?: LauncherStep
  /** Waits at this step, milliseconds. */
  pauseAt?: LauncherStep
  pauseMs?: number
  /** Lines come in pieces, with fragments of the other stream (`~`) in between. */
  partialLines?: boolean
  /** Noise printed at the start, bytes in all; lines of 1 KiB unless said otherwise. */
  noiseBytes?: number
  noiseLineBytes?: number
  noiseStream?: 'stdout' | 'stderr'
  /** A process in a session of its own that stays when the launcher ends. */
  grandchild?: Grandchild
  /** Time that an attached Flink client goes on asking a dead cluster, 61 s in reality. */
  flinkRetryMs?: number
  /**
   * Prints a recording in place of its own lines, at the same moments and on the same streams, with the id of its own
   * application: path without `.stdout` and `.stderr`.
   */
  replay?: string
}

export type Grandchild = {
  /** `sleep`: does nothing. `launch`: does the launch in the launcher's place, which exits with 0. */
  does: 'sleep' | 'launch'
  /** Lives (sleep) or waits before launching (launch), milliseconds. */
  ms: number
  /** It inherits the open files of the launcher (a lock), or not. */
  keepsLock: boolean
  /** It inherits the environment of the launcher (a marker in it), or only what it needs to run. */
  keepsEnvironment: boolean
}

/**
 * Reads `SANDBOX_LAUNCHER_FAULTS`: JSON, or the path of a file with JSON that may be absent.
 * @throws SyntaxError when it is neither
 */
export function readLauncherFaults(value: string | undefined): LauncherFaults {
  if (value === undefined || value.trim() === '') return {}
  return JSON.parse(value.trimStart().startsWith('{') ? value : readIfThere(value))
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '{}'
    throw error
  }
}
