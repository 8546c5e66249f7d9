import type { ParameterIssue } from '@scheduler-task/envelope/errors'
import type { ProcessIdentity } from '@scheduler-task/host-identity/process-identity'

export type Engine = 'spark' | 'flink'
export type DeployMode = 'client' | 'cluster'

/** What a user asked to run, already validated by the route's schema; a profile may still refuse it (`check`). */
export type LaunchRequest = Readonly<{
  engine: Engine
  /** Flink knows none: `client`. */
  deployMode: DeployMode
  /** Becomes the application's name on YARN. */
  taskName: string
  /** Lower case, never re-used: `st-i-…`, `st-s-…`, `st-a-…`. All three are put on every application. */
  tags: readonly [installation: string, submission: string, attempt: string]
  submissionId: string
  /** `[A-Za-z0-9_-]`, at most 100 characters: names the attempt's directory and is its marker. */
  attemptId: string
  /** The user's bytes, as they are on disk. */
  config: Buffer
}>

/** Everything that is known before anything runs: to be stored durably before `start`. */
export type PreparedLaunch = Readonly<{
  attemptId: string
  /** `waterdrop-2` and so on. */
  profile: string
  argv: readonly string[]
  environment: Readonly<Record<string, string>>
  /** `sha256:<hex>` of the user's bytes. */
  configDigest: string
  /** `sha256:<hex>` of the copy that the launcher reads. */
  renderedDigest: string
  /** The launcher is the driver: it lives as long as the job (Spark in client mode). Counts against `MAX_DRIVERS`. */
  holdsDriver: boolean
  /** Absolute path of the attempt's private directory. */
  directory: string
}>

export type { ProcessIdentity }

/** What names an attempt, also after a restart of this service. */
export type AttemptRef = Readonly<{
  attemptId: string
  /** As `PreparedLaunch` has it: another process of this host may have made it below another DATA_DIR. */
  directory: string
  /** Of the attempt's session leader, as `start` gave it; undefined when a crash came before it was stored. */
  identity: ProcessIdentity | undefined
}>

/**
 * How the launcher ended. `exited` with code 0 is the only success, and no proof of one (waterdrop.md §5). A shell
 * reports a signal as status 128 + n, and a JVM that gets SIGTERM exits with 143 by itself: both are `signalled`.
 * `outlived`: processes that it had started were still there when it had ended; one of them may be the driver.
 */
export type LauncherExit =
  | Readonly<{ kind: 'exited'; code: number; outlived?: true }>
  /** `SIGTERM` and so on. */
  | Readonly<{ kind: 'signalled'; signal: string; outlived?: true }>
  | Readonly<{ kind: 'not-started'; reason: string }>
  /** It is gone and left no exit status: its shim was killed, or the host went down. */
  | Readonly<{ kind: 'unknown'; reason: string }>

/**
 * `application-id`: the launcher's output names an id. `confirmed` after the RM accepted it (`Submitted application`);
 * else the line came before the request (`Submitting application`) and the id may never exist. User data can spoof
 * both in client mode: the tag decides. Told at most once unconfirmed and once confirmed.
 *
 * `ended`: the launcher has ended; every id in its output was told before. The last event. Other processes of the
 * attempt may live on: ask `fence`.
 */
export type LaunchEvent =
  | Readonly<{ kind: 'application-id'; applicationId: string; confirmed: boolean }>
  | Readonly<{ kind: 'ended'; exit: LauncherExit }>

/**
 * `held`: somebody of this attempt can still submit an application. `unknown`: it is on another host, and nothing was
 * heard of its end. Only `free` proves anything.
 */
export type Fence = 'held' | 'free' | 'unknown'

/** What the launcher's output says about its end, in words for the user. Secrets are masked. */
export type LauncherFailure = Readonly<{
  /** Stable: `UNKNOWN_QUEUE`, `RM_UNREACHABLE`, `CONFIG_NOT_READ`, `JOB_FAILED`, … */
  code: string
  /** One sentence, plain English. */
  sentence: string
  /** The output's own lines that say so, at most a dozen. */
  lines: readonly string[]
}>

/** The last bytes of both streams, whole lines, secrets masked. */
export type OutputTail = Readonly<{ stdout: string; stderr: string }>

/** Spark in client mode: the launcher is the driver. Known before anything is prepared. */
export function needsDriver({ engine, deployMode }: Pick<LaunchRequest, 'engine' | 'deployMode'>) {
  return engine === 'spark' && deployMode === 'client'
}

/** Nothing was started, and nothing of this attempt will be. */
export class NotStarted extends Error {
  override readonly name = 'NotStarted'
}

/** Nothing was started, and the host may allow it later: `start` may be repeated. The message says what it is short of. */
export class NotStartedForNow extends Error {
  override readonly name = 'NotStartedForNow'
}

/** Why what is known of a submission may be out of date: only the host of its attempt could tell more. */
export const HOST_UNREACHABLE = 'HOST_UNREACHABLE'

/** It can be done on the attempt's own host alone, and that is another one. */
export class HostUnreachable extends Error {
  override readonly name = 'HostUnreachable'
}

/** Starts launchers so that they outlive this service, and says what became of them. */
export interface Launching {
  /** What the profile does not accept (`taskName`, `configFile`, `deploy-mode`); empty when it may be launched. */
  check(request: LaunchRequest): readonly ParameterIssue[]

  /**
   * Makes the attempt's private directory with the rendered copy in it. Nothing runs yet; may be repeated for the same
   * attempt until `start`. Throws what the disk throws.
   */
  prepare(request: LaunchRequest): Promise<PreparedLaunch>

  /**
   * Starts the launcher in a session of its own, under the attempt's fence. Resolves once its identity is known.
   * Throws {@link NotStarted}, {@link NotStartedForNow}. After any other error nobody knows whether it runs: `fence` tells.
   */
  start(prepared: PreparedLaunch): Promise<ProcessIdentity>

  /**
   * Follows the launcher's output and its end, from the output's first byte, also when a former process of this
   * service started it. Ends after `ended`, or without it when `signal` is aborted.
   */
  watch(attempt: AttemptRef, signal: AbortSignal): AsyncIterable<LaunchEvent>

  /** False when the host was started anew since the attempt's processes ran. */
  isOfThisBoot(attempt: AttemptRef): boolean

  /** The durable exit status; undefined while there is none. A launcher that is gone without one: `unknown`. */
  exitOf(attempt: AttemptRef): Promise<LauncherExit | undefined>

  /** Held as long as the attempt's lock file is locked or any process carries its marker. */
  fence(attempt: AttemptRef): Promise<Fence>

  /**
   * Sees to it, durably, that nothing of the attempt begins from now on, also when whoever was about to spawn it was
   * only stopped in between. False: its lock is held, so something of it runs or is about to; ask again. What began
   * before and has ended is no obstacle: `exitOf` says how it ended, and that does not change any more. A launcher that
   * has lost its lock may still live: ask `fence` *afterwards*.
   */
  void(attempt: AttemptRef): Promise<boolean>

  /**
   * Ends every process of the attempt: SIGTERM, after `graceMs` SIGKILL, until the fence is free. Only processes whose
   * identity or marker is the attempt's are signalled. Rejects when `signal` is aborted; may be repeated.
   */
  end(
    attempt: AttemptRef,
    limits: Readonly<{ graceMs: number; signal: AbortSignal }>
  ): Promise<void>

  /** The reason found in the output, also of a launcher that ended with 0; undefined when it holds none that is known. */
  failureOf(attempt: AttemptRef): Promise<LauncherFailure | undefined>

  /**
   * A fatal error that the job itself tells of in the output, whatever the exit status: Waterdrop 2.0 ends with 0 after
   * one. Nothing else counts: what an engine prints while it runs may look like failure, and be none.
   */
  fatalErrorOf(attempt: AttemptRef): Promise<LauncherFailure | undefined>

  outputTail(attempt: AttemptRef, maxBytes: number): Promise<OutputTail>

  /**
   * Removes what only the running launcher needed (its working directory). The rendered copy, the output and the exit
   * status stay. Does nothing while the fence is held.
   */
  clean(attempt: AttemptRef): Promise<void>
}
