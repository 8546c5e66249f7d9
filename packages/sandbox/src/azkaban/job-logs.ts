import { type Answer, jsonAnswer } from './answer.ts'
import { escapeHtml } from './escape-html.ts'
import { allNodes, logKey } from './execution.ts'
import type { Entry } from './executions.ts'
import type { LogBlock } from './job-log.ts'
import { optionalInteger, required, requiredInteger } from './parameters.ts'
import { connectError, executorError, nullPointer, type ServerError } from './server-error.ts'
import type { Server, UserCall } from './servlet.ts'

/** `ajax=fetchExecJobLogs` (§4): from the executor while the run is listed, then from the database. */
export function fetchJobLogs(entry: Entry, call: UserCall, server: Server): Answer {
  const offset = requiredInteger(call, 'offset')
  const length = requiredInteger(call, 'length')
  const jobId = required(call, 'jobId')
  const { execution } = entry
  const node = allNodes(execution.nodes).find((one) => one.nestedId === jobId)
  if (!node) {
    return jsonAnswer(
      { error: `Job ${jobId} doesn't exist in ${execution.execId}` },
      { utf8: true }
    )
  }
  const attempt = optionalInteger(call, 'attempt') ?? node.attempt
  const key = logKey(jobId, attempt)
  const isSent = server.dialect.dispatchesAtOnce || !server.executions.isQueued(entry)
  const live = server.executions.isListed(entry) && isSent
  const block = live
    ? readLive(entry, { key, offset, length }, server)
    : (execution.logs.get(key)?.readStored(offset, length) ?? { offset, bytes: Buffer.alloc(0) })
  return logAnswer(block, server)
}

interface Wanted {
  readonly key: string
  readonly offset: number
  readonly length: number
}

function readLive(entry: Entry, { key, offset, length }: Wanted, server: Server): LogBlock {
  const { executions, dialect } = server
  if (executions.executor === 'down') throw connectError(dialect.connectFailure)
  const log = entry.execution.logs.get(key)
  if (!log && executions.isQueued(entry)) throw reported(noLog, server)
  if (!executions.isLive(entry)) {
    throw reported(`Running flow ${entry.execution.execId} not found.`, server)
  }
  if (!log) throw reported(noLog, server)
  if (length < 0) throw reported(String(length), server)
  if (offset < 0) throw reported('java.io.IOException: Invalid argument', server)
  return log.readLive(offset, length)
}

const noLog = "Job log file doesn't exist."

function reported(text: string, { dialect }: Server): ServerError {
  if (dialect.executorErrorsAreNull) {
    return nullPointer('Cannot invoke "Object.toString()" because "this.second" is null')
  }
  return executorError(dialect.executorErrorPrefix, text)
}

function logAnswer({ offset, bytes }: LogBlock, { dialect }: Server): Answer {
  const text = bytes.toString()
  const data = dialect.escapesLogs ? escapeHtml(text) : text
  const values: Readonly<Record<string, string | number>> = { offset, data, length: bytes.length }
  return jsonAnswer(new Map(dialect.logKeys.map((key) => [key, values[key]])), { utf8: true })
}
