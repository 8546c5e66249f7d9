export type AzkabanVersion = '2.5.0' | '3.0.0' | '3.90.0' | '4.0.0' | 'HEAD'
export type Dispatch = 'PUSH' | 'POLL'
export type Permission = 'READ' | 'EXECUTE' | 'ADMIN'

/** One thing that a played job does; it ends with exit code 0 after its last step. */
export type JobStep =
  /**
   * Prints lines. `{n}` becomes the number of the repetition, `{ms}` epoch ms, `{log4j}` a time as
   * Spark's log4j writes it, `{application}` the id of the job's newest application.
   */
  | {
      readonly kind: 'print'
      readonly text: string
      /** Default 1; Infinity goes on until the job is killed. */
      readonly times?: number
      /** Time between two repetitions; default 0. */
      readonly everyMs?: number
      /** `ERROR`: printed on stderr, which only 2.5.0 logs under another level. */
      readonly level?: 'INFO' | 'ERROR'
    }
  /** The next of the job's commands begins here. */
  | { readonly kind: 'command'; readonly line: string }
  | { readonly kind: 'wait'; readonly ms: number }
  /** Until killed, or finished by the test. */
  | { readonly kind: 'hold' }
  /** From here on only KILL ends it. */
  | { readonly kind: 'ignore-term' }
  /** Submits to the ResourceManager at `yarnUrl`; without one an id is made up. */
  | {
      readonly kind: 'submit-application'
      /** Default `Waterdrop`. */
      readonly name?: string
      /** Default SPARK. */
      readonly applicationType?: 'SPARK' | 'FLINK'
      /** Default true, as in cluster mode; false: the application ends with the job. */
      readonly outlivesJob?: boolean
    }
  /** Reports on the application until it has ended, and then exits with 0 or 1. */
  | { readonly kind: 'follow-application'; readonly everyMs?: number }
  | { readonly kind: 'exit'; readonly code: number }

export type JobProgram = readonly JobStep[]

export interface JobDefinition {
  readonly id: string
  /** Ids of sibling jobs. */
  readonly dependsOn?: readonly string[]
  /** Embedded flow; its jobs have the nested ids `<id>:<job>`. */
  readonly flow?: FlowDefinition
  /** Further attempts after a failure; default 0. */
  readonly retries?: number
  /** Time before each of them; default 20. */
  readonly retryDelayMs?: number
  /** Properties of the `.job` file; `command` is the first command line. */
  readonly properties?: Readonly<Record<string, string>>
  /** Played by `command` jobs; default: none, so it ends at once. */
  readonly program?: JobProgram
}

export interface FlowDefinition {
  readonly id: string
  readonly jobs: readonly JobDefinition[]
  /** Flow is locked: nothing can be started (≥ 3.72). */
  readonly locked?: boolean
}

export interface ProjectDefinition {
  readonly name: string
  readonly flows: readonly FlowDefinition[]
  /** Shared properties. */
  readonly properties?: Readonly<Record<string, string>>
}

export interface UserDefinition {
  readonly name: string
  readonly password: string
  /** Permissions by project name; absent: everything everywhere. */
  readonly permissions?: Readonly<Record<string, readonly Permission[]>>
}

export interface AzkabanOptions {
  /** Whose answers are given; default 3.90.0. */
  readonly version?: AzkabanVersion
  /** Default PUSH, which is all that versions before 3.66 know. */
  readonly dispatch?: Dispatch
  /** Address to listen on; default 127.0.0.1. */
  readonly host?: string
  /** Default 0, a free one. */
  readonly port?: number
  /** Serve https with this PEM key and certificate. */
  readonly tls?: { readonly key: string; readonly cert: string }
  /** Default admin/admin. */
  readonly users?: readonly UserDefinition[]
  /** Default: project `test`, whose flow `test` has one job `test`, and a few more to try. */
  readonly projects?: readonly ProjectDefinition[]
  /** Idle life of a session; default 24 h up to 3.32, then 10 h. */
  readonly sessionTtlMs?: number
  /** Live sessions of one user and address (≥ 3.73.4); default no limit. */
  readonly sessionCap?: number
  /** A session is valid only from the address of its log-in; default by version (≤ 3.32). */
  readonly ipCheck?: boolean
  /** Threads of the web server, one of which accepts connections; default 25. */
  readonly threads?: number
  /** Size at which a live log rotates; default 5 MB. */
  readonly logChunkBytes?: number
  /** Rotated files that are kept; default 4. */
  readonly logBackups?: number
  /** How long a cancel waits for a job that ignores TERM; default 5 s up to 3.0.0, then 30 s. */
  readonly killGraceMs?: number
  /** Time until a job that was sent KILL is seen to be dead; default 400. */
  readonly forcedDeathMs?: number
  /** Time for which a web server with PUSH still holds a finished run; default 2 s (3.0.0: none). */
  readonly justFinishedMs?: number
  /** Time from submission to the start of a run; default 100. */
  readonly dispatchDelayMs?: number
  /** Id of the first execution; default 1. */
  readonly firstExecutionId?: number
  /** How often the web servers of 2.5.0 and 3.0.0 ask for the state of running flows; default 500. */
  readonly refreshMs?: number
  /**
   * How long it takes 2.5.0 and 3.0.0 to notice that the executor has lost a run; default 10 s after
   * a restart, 60 s after the executor went away.
   */
  readonly lostRunMs?: number
  /** Base URL of a ResourceManager stand-in. */
  readonly yarnUrl?: string
  /** Where finished executions are kept between two runs of the stand-in. */
  readonly stateFile?: string
}
