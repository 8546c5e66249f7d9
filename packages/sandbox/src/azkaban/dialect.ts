import type { AzkabanOptions, AzkabanVersion, Dispatch } from './options.ts'

/** What one version does in its own way; sections are those of `contracts/azkaban.md`. */
export interface Dialect {
  /** Time until a job that was sent KILL is seen to be dead. */
  readonly forcedDeathMs: number
  readonly version: AzkabanVersion
  readonly dispatch: Dispatch
  /** Log text is HTML-escaped (≥ 2.7.0). */
  readonly escapesLogs: boolean
  /** Key order of log answers (§4.1). */
  readonly logKeys: readonly string[]
  /** An unknown execution is a server error (≤ 2.6.1, §5.3). */
  readonly unknownExecutionThrows: boolean
  readonly sessionTtlMs: number
  /** Sessions are bound to the address of the log-in (§2.5). */
  readonly ipCheck: boolean
  /** `password=` in the query is refused (≥ 3.31.0). */
  readonly refusesPasswordInQuery: boolean
  readonly knowsSessionCap: boolean
  readonly defaultConcurrent: 'ignore' | 'skip'
  readonly submittedWord: 'submitted' | 'queued'
  readonly projectsInAnyCase: boolean
  /** In front of what the executor reports (≤ 3.82). */
  readonly executorErrorPrefix: string
  /** HEAD trips over its own logging of executor errors (§4.2). */
  readonly executorErrorsAreNull: boolean
  /** What the web server says when it does not reach the executor. */
  readonly connectFailure: string
  /** In front of it when a run could not be handed over. */
  readonly dispatchFailurePrefix: string
  /** A run is handed to the executor while executeFlow waits (≤ 3.59 with a single executor). */
  readonly dispatchesAtOnce: boolean
  readonly killGraceMs: number
  readonly justFinishedMs: number
  /** States come from memory that is refreshed now and then (≤ 3.5), not from the database. */
  readonly refreshMs: number | undefined
  readonly knowsKilling: boolean
  readonly optionErrorsAreJson: boolean
  readonly disabledMustBeJson: 'submission' | 'page'
  readonly queuedStatus: 'PREPARING' | 'READY'
  readonly limitsConcurrentRuns: boolean
  readonly knowsLocks: boolean
  readonly managerTakesPost: boolean
  /** DELETE with a session is answered 200 (≥ 4.0.0). */
  readonly allowsDelete: boolean
  /** Text between key and value on `/status`; absent: no such page. */
  readonly statusColon: string | undefined
  readonly jobLog: '2.5' | '3.0' | '3.90' | '4.0' | 'HEAD'
  /** After one good command a failing one is said to have completed successfully, too. */
  readonly processFlagIsKept: boolean
  /** A submission counts as an update. */
  readonly updatedAtSubmission: boolean
  /** Runs that the executor has lost become FAILED in the end (≤ 3.50.1). */
  readonly failsLostRuns: boolean
  readonly loginPageBytes: number
}

const hour = 3_600_000

const old: Omit<Dialect, 'version' | 'dispatch'> = {
  forcedDeathMs: 400,
  escapesLogs: true,
  logKeys: ['offset', 'data', 'length'],
  unknownExecutionThrows: false,
  sessionTtlMs: 24 * hour,
  ipCheck: true,
  refusesPasswordInQuery: false,
  knowsSessionCap: false,
  defaultConcurrent: 'ignore',
  submittedWord: 'submitted',
  projectsInAnyCase: false,
  executorErrorPrefix: 'java.io.IOException: ',
  executorErrorsAreNull: false,
  connectFailure:
    'org.apache.http.conn.HttpHostConnectException: Connect to localhost:12321 [localhost/127.0.0.1] failed: Connection refused',
  dispatchFailurePrefix: 'azkaban.executor.ExecutorManagerException: ',
  dispatchesAtOnce: true,
  killGraceMs: 5000,
  justFinishedMs: 0,
  refreshMs: 500,
  knowsKilling: false,
  optionErrorsAreJson: false,
  disabledMustBeJson: 'submission',
  queuedStatus: 'PREPARING',
  limitsConcurrentRuns: false,
  knowsLocks: false,
  managerTakesPost: false,
  allowsDelete: false,
  statusColon: undefined,
  jobLog: '3.0',
  processFlagIsKept: false,
  updatedAtSubmission: true,
  failsLostRuns: true,
  loginPageBytes: 2755
}

const late: typeof old = {
  ...old,
  logKeys: ['length', 'offset', 'data'],
  sessionTtlMs: 10 * hour,
  ipCheck: false,
  refusesPasswordInQuery: true,
  knowsSessionCap: true,
  defaultConcurrent: 'skip',
  submittedWord: 'queued',
  projectsInAnyCase: true,
  executorErrorPrefix: '',
  connectFailure: 'Connect to localhost:12321 [localhost/127.0.0.1] failed: Connection refused',
  dispatchesAtOnce: false,
  killGraceMs: 30_000,
  justFinishedMs: 2000,
  refreshMs: undefined,
  knowsKilling: true,
  limitsConcurrentRuns: true,
  knowsLocks: true,
  managerTakesPost: true,
  statusColon: ': ',
  jobLog: '3.90',
  processFlagIsKept: true,
  updatedAtSubmission: false,
  failsLostRuns: false,
  loginPageBytes: 4947
}

const four: typeof old = {
  ...late,
  optionErrorsAreJson: true,
  allowsDelete: true,
  statusColon: ' : ',
  jobLog: '4.0',
  loginPageBytes: 5064
}

const head: typeof old = {
  ...four,
  executorErrorsAreNull: true,
  disabledMustBeJson: 'page',
  jobLog: 'HEAD',
  loginPageBytes: 5077
}

const versions: Readonly<Record<AzkabanVersion, typeof old>> = {
  '2.5.0': {
    ...old,
    escapesLogs: false,
    unknownExecutionThrows: true,
    connectFailure:
      'org.apache.http.conn.HttpHostConnectException: Connection to http://localhost:12321 refused',
    dispatchFailurePrefix: '',
    jobLog: '2.5',
    updatedAtSubmission: false,
    loginPageBytes: 2672
  },
  '3.0.0': old,
  '3.90.0': late,
  '4.0.0': four,
  HEAD: head
}

/** The ways of a version, with what the options change of them. */
export function dialectOf(options: AzkabanOptions): Dialect {
  const version = options.version ?? '3.90.0'
  const base = versions[version]
  const dispatch = base.refreshMs === undefined ? (options.dispatch ?? 'PUSH') : 'PUSH'
  const pulls = dispatch === 'POLL'
  return {
    ...base,
    version,
    dispatch,
    sessionTtlMs: options.sessionTtlMs ?? base.sessionTtlMs,
    ipCheck: options.ipCheck ?? base.ipCheck,
    killGraceMs: options.killGraceMs ?? base.killGraceMs,
    forcedDeathMs: options.forcedDeathMs ?? base.forcedDeathMs,
    justFinishedMs: pulls || base.refreshMs ? 0 : (options.justFinishedMs ?? base.justFinishedMs),
    refreshMs: base.refreshMs === undefined ? undefined : (options.refreshMs ?? base.refreshMs),
    queuedStatus: pulls && version === '4.0.0' ? 'READY' : 'PREPARING'
  }
}
