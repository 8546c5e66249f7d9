import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Answer, logAnswer, send, valueAnswer } from './answer.ts'
import { createAuthenticator } from './caller.ts'
import { type Cluster, mayAccess, nodeId } from './cluster.ts'
import type { ContainerLog, ContainerLogs } from './container-logs.ts'
import { playFault } from './fault-player.ts'
import type { FaultBook } from './faults.ts'
import { javaDate } from './java-date.ts'
import { logFrame } from './log-frame.ts'
import { unknownPath } from './not-found-page.ts'
import type { Timers } from './timers.ts'
import { escapeXml, type Wire } from './wire.ts'

export interface HistoryContext {
  readonly cluster: Cluster
  /** Of ended applications, aggregated. */
  readonly logs: ContainerLogs
  readonly faults: FaultBook
  readonly timers: Timers
}

const base = '/ws/v1/history'

/** A JobHistoryServer of 3.3, as far as aggregated logs need it (§8): resources, and the pages of older ones. */
export function createHistoryHandler(context: HistoryContext) {
  const authenticate = createAuthenticator('simple')
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const [path = '/', queryText] = (request.url ?? '/').split('?')
    const query = new URLSearchParams(queryText ?? '')
    const now = context.cluster.clock()
    const caller = authenticate(request, query, now)
    const sending = { request, response, now, cookie: caller.cookie }
    const answer = async () => answerTo(path, query, caller.user, context)
    const fault = context.faults.take(request.method ?? 'GET', path)
    if (!fault) return send(await answer(), sending)
    const none = () => unknownPath(path)
    const redirects = { standby: none, noActive: none }
    await playFault(fault, { ...sending, timers: context.timers, answer, redirects })
  }
}

function answerTo(
  path: string,
  query: URLSearchParams,
  caller: string,
  context: HistoryContext
): Answer {
  if (path === `${base}/info` || path === base) return infoAnswer()
  if (path === `${base}/aggregatedlogs`) return listAnswer(wanted(query, context), context)
  const [, id = '', second] =
    /^\/ws\/v1\/history\/containers\/(container_\w+)\/logs(?:\/([\w.-]+))?$/.exec(path) ??
    /^\/ws\/v1\/history\/containerlogs\/(container_\w+)\/([\w.-]+)$/.exec(path) ??
    []
  const log = context.logs.get(id)
  if (id !== '' && second === undefined) return listAnswer(log ? [log] : [], context)
  if (id !== '' && second !== undefined) return fileAnswer({ log, second, query, caller }, context)
  return pageOf(path, query, context) ?? unknownPath(path)
}

function infoAnswer(): Answer {
  return valueAnswer({ historyInfo: { startedOn: 0, hadoopVersion: '3.3.6' } })
}

function wanted(query: URLSearchParams, { logs }: HistoryContext): ContainerLog[] {
  const containerId = query.get('containerid')
  if (containerId === null) return logs.ofApplication(query.get('appid') ?? '')
  const log = logs.get(containerId)
  return log ? [log] : []
}

function listAnswer(found: readonly ContainerLog[], { cluster }: HistoryContext): Answer {
  if (found.length === 0) return notFound('Can not find the log of the application.')
  const groups = found.map((log): Wire => {
    const files = [...log.files].map(([fileName, one]) => ({
      fileName,
      fileSize: String(one.content.length),
      lastModifiedTime: javaDate(one.modified)
    }))
    return {
      containerLogInfo: files,
      logAggregationType: 'AGGREGATED',
      containerId: log.containerId,
      nodeId: nodeId(cluster)
    }
  })
  const [only] = groups
  return valueAnswer({ containerLogsInfo: groups.length === 1 && only ? only : groups })
}

function fileAnswer(
  asked: { log: ContainerLog | undefined; second: string; query: URLSearchParams; caller: string },
  { cluster }: HistoryContext
): Answer {
  const { log, second: file, query, caller } = asked
  const one = log?.files.get(file)
  if (!log || !one) return notFound(`Can not find log file: ${file}.`)
  if (!mayAccess(cluster, caller, log.user)) {
    const text = `User [${caller}] is not authorized to view the logs for application ${log.appId}`
    return logAnswer(500, Buffer.from(text), { chunked: true })
  }
  const size = query.get('size')
  const body = logFrame({
    containerId: log.containerId,
    nodeId: nodeId(cluster),
    file,
    modified: one.modified,
    content: one.content,
    size: size === null ? undefined : Number(size),
    running: false,
    aggregation: 'AGGREGATED'
  })
  return logAnswer(200, body, { chunked: true })
}

/** `/jobhistory/logs/{node}/{container}/{container}/{owner}[/{file}]`, the last 4 kB of each unless `start` says otherwise. */
function pageOf(
  path: string,
  query: URLSearchParams,
  { logs }: HistoryContext
): Answer | undefined {
  const [, id = '', file] =
    /^\/jobhistory\/logs\/[^/]+\/(container_\w+)\/container_\w+\/[^/]+(?:\/([\w.-]+))?\/?$/.exec(
      path
    ) ?? []
  const log = logs.get(id)
  if (!log) return undefined
  const start = Number(query.get('start') ?? '-4096') || 0
  const parts = [...log.files]
    .filter(([name]) => file === undefined || name === file)
    .map(([name, { content, modified }]) => {
      const from = start < 0 ? Math.max(0, content.length + start) : start
      const text = escapeXml(content.subarray(from).toString())
      return `<p>\nLog Type: ${name}\n</p>\n<p>\nLog Upload Time: ${javaDate(modified)}\n</p>\n<p>\nLog Length: ${content.length}\n</p>\n<pre>${text}</pre>\n`
    })
  const html = `<!DOCTYPE html>\n<html><body>\n${parts.join('')}</body></html>\n`
  const earlyType = 'text/html;charset=utf-8'
  return logAnswer(200, Buffer.from(html), { chunked: true, earlyType })
}

function notFound(text: string): Answer {
  return logAnswer(404, Buffer.from(text), { chunked: true })
}
