import type { Timers } from '../yarn/timers.ts'
import type { Applications } from './applications.ts'
import type { Dialect } from './dialect.ts'
import {
  allNodes,
  type Execution,
  isFinal,
  isFinished,
  newNodes,
  type Status
} from './execution.ts'
import { executionJson } from './execution-json.ts'
import { type FlowRun, startFlow } from './flow-run.ts'
import { JobLog } from './job-log.ts'
import type { FlowDefinition } from './options.ts'
import type { Json } from './pretty-json.ts'
import type { Project } from './projects.ts'

export interface Submission {
  readonly project: Project
  readonly projectName: string
  readonly flow: FlowDefinition
  readonly user: string
  readonly overrides: ReadonlyMap<string, string>
  readonly disabled: ReadonlySet<string>
}

/** An execution and what the web server knows of it. */
export interface Entry {
  readonly execution: Execution
  /** What fetchexecflow answers: the database row, or the web server's memory (§5.2). */
  row: Json
  rowStatus: Status
  /** Epoch ms at which the row became final. */
  finalAt: number
  run: FlowRun | undefined
  /** The executor no longer knows the run, although its processes live on. */
  isLost: boolean
}

export type ExecutorState = 'active' | 'inactive' | 'down'

export interface ExecutionsOptions {
  readonly dialect: Dialect
  readonly timers: Timers
  readonly applications: Applications
  readonly firstExecutionId: number
  readonly dispatchDelayMs: number
  readonly logChunkBytes: number
  readonly logBackups: number
  readonly lostRunMs: number | undefined
  /** Called when there is one more, and when one has ended. */
  readonly changed: () => void
}

const awayMs = 60_000
const crashedMs = 10_000
const maxKept = 2000
const maxLogBytes = 256 * 1024 * 1024

/** All executions of the server: queue, dispatch, and the map of running ones. */
export class Executions {
  readonly #options: ExecutionsOptions
  readonly #entries = new Map<number, Entry>()
  #lastId: number
  #executor: ExecutorState = 'active'

  constructor(options: ExecutionsOptions) {
    this.#options = options
    this.#lastId = options.firstExecutionId - 1
  }

  get executor(): ExecutorState {
    return this.#executor
  }

  set executor(state: ExecutorState) {
    this.#executor = state
    if (state === 'down')
      this.#failLater(this.#options.lostRunMs ?? awayMs, (entry) => {
        return this.#executor === 'down' && this.isLive(entry)
      })
    if (state !== 'active') return
    for (const entry of this.all()) if (this.isQueued(entry)) this.#schedule(entry)
  }

  /** The executor has crashed and come back: it knows no run any more. */
  loseRuns(): void {
    for (const entry of this.all()) if (this.isLive(entry)) entry.isLost = true
    this.#failLater(this.#options.lostRunMs ?? crashedMs, (entry) => entry.isLost)
  }

  all(): Entry[] {
    return [...this.#entries.values()]
  }

  find(execId: number): Entry | undefined {
    return this.#entries.get(execId)
  }

  submit(submission: Submission): Entry {
    const { project, projectName, flow, user, overrides, disabled } = submission
    this.#evict()
    const now = Date.now()
    const execution: Execution = {
      execId: ++this.#lastId,
      project,
      projectName,
      flow,
      submitUser: user,
      submitTime: now,
      overrides,
      nodes: newNodes(flow, disabled),
      logs: new Map(),
      status: this.#options.dialect.queuedStatus,
      startTime: -1,
      endTime: -1,
      updateTime: this.#options.dialect.updatedAtSubmission ? now : -1
    }
    const entry = this.#add(execution)
    this.#schedule(entry)
    this.#options.changed()
    return entry
  }

  /**
   * Puts back what an earlier run of the stand-in had kept.
   *
   * @param execution undefined when its flow is no longer there; its id is not used again
   */
  restore(execId: number, execution: Execution | undefined): void {
    this.#lastId = Math.max(this.#lastId, execId)
    if (execution) this.#add(execution)
  }

  /** Waits for an executor, and no executor has it. */
  isQueued({ execution, run }: Entry): boolean {
    return run === undefined && !isFinal(execution.status)
  }

  /** The web server takes it for running (§4.2). */
  isListed({ rowStatus, finalAt }: Entry): boolean {
    return !isFinal(rowStatus) || Date.now() < finalAt + this.#options.dialect.justFinishedMs
  }

  /** The executor has it. */
  isLive({ execution, run, isLost }: Entry): boolean {
    return run !== undefined && execution.endTime < 0 && !isLost
  }

  /** Runs of a flow that the web server takes for running, oldest first. */
  running(project: Project, flowId: string): Entry[] {
    return this.all().filter((entry) => {
      const { execution } = entry
      return execution.project === project && execution.flow.id === flowId && this.isListed(entry)
    })
  }

  /** The executor starts it now. */
  dispatch(entry: Entry): void {
    if (!this.isQueued(entry) || this.#executor === 'down') return
    const { dialect, timers, applications, logChunkBytes, logBackups } = this.#options
    if (this.#executor === 'inactive') {
      if (dialect.version !== 'HEAD') this.failQueued(entry)
      return
    }
    const written = () => {
      if (dialect.refreshMs === undefined) this.publish(entry)
    }
    const newLog = () => new JobLog(logChunkBytes, logBackups)
    entry.run = startFlow(entry.execution, { dialect, timers, applications, newLog, written })
  }

  /** Ends a run that no executor has (§8). */
  failQueued(entry: Entry): void {
    const { dialect } = this.#options
    const { execution } = entry
    const now = Date.now()
    for (const node of allNodes(execution.nodes)) {
      node.status = dialect.knowsKilling ? 'KILLING' : 'KILLED'
      node.startTime = now
      node.endTime = now
    }
    execution.status = 'FAILED'
    execution.endTime = now
    if (dialect.version === 'HEAD') {
      execution.startTime = now
      execution.updateTime = now
    }
    this.publish(entry)
  }

  /** The web server sees the execution as it is now. */
  publish(entry: Entry): void {
    const { execution } = entry
    entry.row = executionJson(execution)
    if (isFinal(execution.status) && !isFinal(entry.rowStatus)) entry.finalAt = Date.now()
    entry.rowStatus = execution.status
    if (isFinal(entry.rowStatus)) this.#options.changed()
  }

  /** An execution that the database has lost. */
  forget(execId: number): void {
    this.#entries.delete(execId)
  }

  #add(execution: Execution): Entry {
    const { status } = execution
    const row = executionJson(execution)
    const entry = { execution, row, rowStatus: status, finalAt: 0, run: undefined, isLost: false }
    this.#entries.set(execution.execId, entry)
    return entry
  }

  /** What no executor answers for becomes FAILED, in versions that look after it. */
  #failLater(ms: number, isLost: (entry: Entry) => boolean): void {
    const { dialect, timers } = this.#options
    if (!dialect.failsLostRuns) return
    timers.after(ms, () => {
      for (const entry of this.all()) if (isLost(entry)) this.#failLost(entry)
    })
  }

  #failLost(entry: Entry): void {
    const { execution } = entry
    if (isFinal(entry.rowStatus)) return
    entry.isLost = true
    const endTime = Date.now()
    for (const one of [execution, ...allNodes(execution.nodes)]) {
      if (!isFinished(one.status)) Object.assign(one, { status: 'FAILED', endTime })
    }
    this.publish(entry)
  }

  #schedule(entry: Entry): void {
    const { dialect, timers, dispatchDelayMs } = this.#options
    if (dispatchDelayMs !== Infinity) timers.after(dispatchDelayMs, () => this.dispatch(entry))
    if (dialect.refreshMs !== undefined) this.#refresh(entry, dialect.refreshMs)
  }

  #refresh(entry: Entry, everyMs: number): void {
    this.#options.timers.after(everyMs, () => {
      if (isFinal(entry.rowStatus) || this.find(entry.execution.execId) !== entry) return
      if (this.isLive(entry) || isFinal(entry.execution.status)) this.publish(entry)
      this.#refresh(entry, everyMs)
    })
  }

  /** Bounds the number of executions, and the memory of old logs. */
  #evict(): void {
    const ended = this.all().filter((entry) => isFinal(entry.rowStatus) && !this.isListed(entry))
    for (const { execution } of ended.slice(0, Math.max(0, this.#entries.size - maxKept))) {
      this.#entries.delete(execution.execId)
    }
    const logs = (entries: readonly Entry[]) =>
      entries.flatMap((one) => [...one.execution.logs.values()])
    let total = logs(this.all()).reduce((sum, log) => sum + log.totalBytes, 0)
    for (const log of logs(ended)) {
      if (total <= maxLogBytes) break
      total -= log.totalBytes
      log.purge()
    }
  }
}
