import { allNodes, logKey, type Status } from './execution.ts'
import { type ExecutionView, viewOf } from './execution-view.ts'
import type { Entry, Executions } from './executions.ts'
import type { JobLog } from './job-log.ts'
import type { JobRun } from './job-run.ts'

/** What a test can do to the newest attempt of a job. */
export interface JobControl {
  /** Adds bytes to its log, as they are. */
  append(text: string | Buffer): void
  /** Its log has only that text. */
  rewrite(text: string | Buffer): void
  /** The process prints lines. */
  print(text: string): void
  /** The process ends. */
  finish(status: 'SUCCEEDED' | 'FAILED'): void
}

export interface ExecutionControl {
  readonly view: ExecutionView
  /** The executor takes it from the queue now. */
  dispatch(): void
  /** The web server shows that status, whatever is true. */
  show(status: Status): void
  /** The database has lost it. */
  forget(): void
}

/** Throws when there is no such job. */
export function jobControl(entry: Entry, nestedId: string): JobControl {
  const node = allNodes(entry.execution.nodes).find((one) => one.nestedId === nestedId)
  if (!node) throw new Error(`no job ${nestedId} in execution ${entry.execution.execId}`)

  function running(): JobRun {
    const run = entry.run?.jobs.find((one) => one.node === node)
    if (!run) throw new Error(`job ${nestedId} is ${node?.status}`)
    return run
  }

  function log(): JobLog {
    const found = node && entry.execution.logs.get(logKey(nestedId, node.attempt))
    if (!found) throw new Error(`job ${nestedId} has no log yet`)
    return found
  }

  return {
    append: (text) => log().append(text),
    rewrite: (text) => log().rewrite(text),
    print: (text) => running().print(text),
    finish: (status) => running().process.finish(status === 'SUCCEEDED' ? 0 : 1)
  }
}

export function executionControl(entry: Entry, executions: Executions): ExecutionControl {
  return {
    get view() {
      return viewOf(entry)
    },
    dispatch: () => executions.dispatch(entry),
    show(status) {
      entry.rowStatus = status
      entry.row = { ...(entry.row as object), status }
    },
    forget: () => executions.forget(entry.execution.execId)
  }
}
