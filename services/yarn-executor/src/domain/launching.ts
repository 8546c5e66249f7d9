import type { ProcessIdentity } from '@scheduler-task/host-identity/process-identity'
import type { Finding } from '@scheduler-task/job-config/finding'

export type Engine = 'spark' | 'flink'
export type DeployMode = 'client' | 'cluster'

/** Launcher profiles that there are, one for each generation of launchers. */
export const PROFILE_NAMES = [
  'waterdrop-2',
  'waterdrop-1',
  'seatunnel-2.3',
  'seatunnel-2.3-direct',
  'spark-submit',
  'flink'
] as const
export type ProfileName = (typeof PROFILE_NAMES)[number]

/** Which of them launch which engine. */
export const PROFILES_FOR = {
  spark: ['waterdrop-2', 'waterdrop-1', 'seatunnel-2.3', 'seatunnel-2.3-direct', 'spark-submit'],
  flink: ['waterdrop-2', 'seatunnel-2.3', 'seatunnel-2.3-direct', 'flink']
} as const satisfies Record<Engine, readonly ProfileName[]>

/** A program that is too large to be kept with the job: where it was, and what it has to be when it is launched. */
export type Program = Readonly<{
  /** Real path below FILE_ROOT. */
  path: string
  /** `sha256:<hex>` of its bytes. */
  digest: string
  bytes: number
}>

/** What a launcher may be given beside the config; kept with the submission, so that each attempt gets the same. */
export type LaunchSettings = Readonly<{
  /** YARN's queue; null: the launcher's own. */
  queue: string | null
  /** Values for placeholders of a config. */
  variables: Readonly<Record<string, string>>
  /** Settings of the engine, by name. */
  conf: Readonly<Record<string, string>>
  /** Of a plain program. */
  args: readonly string[]
  /** Of a plain jar; null: its manifest says it. */
  mainClass: string | null
}>

export const NO_SETTINGS: LaunchSettings = {
  queue: null,
  variables: {},
  conf: {},
  args: [],
  mainClass: null
}

export function settingsOf({ queue, variables, conf, args, mainClass }: LaunchSettings) {
  return { queue, variables, conf, args, mainClass } satisfies LaunchSettings
}

/** What a user asked to run, already validated by the route's schema; a profile may still refuse it (`check`). */
export type LaunchRequest = Readonly<{
  profile: ProfileName
  engine: Engine
  /** `client` where the profile knows none. */
  deployMode: DeployMode
  /** Becomes the application's name on YARN. */
  taskName: string
  /** Lower case, never re-used: `st-i-…`, `st-s-…`, `st-a-…`. All three are put on every application. */
  tags: readonly [installation: string, submission: string, attempt: string]
  submissionId: string
  /** `[A-Za-z0-9_-]`, at most 100 characters: names the attempt's directory and is its marker. */
  attemptId: string
  /** The user's bytes, as they are on disk; none of a `program`. */
  config: Buffer
  /** As the user gave it: its extension tells the syntax, or which program it is. Empty when the config came as a text. */
  configName: string
  /** A jar, which is copied when it is launched. */
  program: Program | null
}> &
  LaunchSettings

/** What a profile can do on one engine. */
export type Abilities = Readonly<{
  /** What it launches: a config of Waterdrop or SeaTunnel, or a program of the user's own. */
  runs: 'config' | 'program'
  /** The files that it takes, by extension; empty: whatever the extension, it is read as HOCON. */
  files: readonly string[]
  /** Empty: it knows none, and always runs on the cluster. */
  deployModes: readonly DeployMode[]
  /** How name and tags reach YARN. */
  name: string
  tags: string
  queue: boolean
  variables: boolean
  conf: boolean
  args: boolean
  mainClass: boolean
}>

/** A profile on one engine, whether or not this host has what it needs. */
export type KnownProfile = Readonly<{
  name: ProfileName
  engine: Engine
  abilities: Abilities
  /** An error of the job may leave no trace but in its output. */
  swallowsErrors: boolean
  /** What a job gets that asks for none. */
  isDefault: boolean
  /** Why it cannot be used here, and the variable that would change it; null when it can. */
  missing: Readonly<{ variable: string; problem: string }> | null
}>

/** Everything that is known before anything runs: to be stored durably before `start`. */
export type PreparedLaunch = Readonly<{
  attemptId: string
  /** The name of the profile. */
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
  /** All profiles, those that this host cannot launch included. */
  profiles(): readonly KnownProfile[]

  /**
   * What the profile says of it: `path` tells which part of the request (`taskName`, `configFile`, `queue`, …). It may be
   * launched when there is no error among them. A profile that cannot be used here is one: `PROFILE_NOT_CONFIGURED`.
   */
  check(request: LaunchRequest): readonly Finding[]

  /**
   * What `prepare` would launch, without writing anything. Throws {@link NotStarted} for what the profile or the host does
   * not allow.
   */
  preview(request: LaunchRequest): Promise<Pick<PreparedLaunch, 'argv' | 'environment'>>

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
