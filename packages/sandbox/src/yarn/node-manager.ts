import type { IncomingMessage, ServerResponse } from 'node:http'
import { formatFor } from './accept.ts'
import { type Answer, logAnswer, send, valueAnswer } from './answer.ts'
import type { Applications } from './applications.ts'
import { createAuthenticator } from './caller.ts'
import { type Cluster, mayAccess, nodeId } from './cluster.ts'
import { buildJson } from './cluster-json.ts'
import type { ContainerLog, ContainerLogs } from './container-logs.ts'
import { playFault } from './fault-player.ts'
import type { FaultBook } from './faults.ts'
import { javaDate } from './java-date.ts'
import { logFrame } from './log-frame.ts'
import { logPage } from './log-page.ts'
import { unacceptable, unknownPath, unknownResource } from './not-found-page.ts'
import { notFound, RemoteException } from './remote-exception.ts'
import type { RequestCounts } from './request-counts.ts'
import type { Timers } from './timers.ts'
import type { Wire } from './wire.ts'

const base = '/ws/v1/node'
const containerIdForm = /^container_(?:e\d+_)?\d+_\d+_\d+_\d+$/

export interface NmContext {
  readonly cluster: Cluster
  readonly apps: Applications
  readonly logs: ContainerLogs
  readonly faults: FaultBook
  readonly timers: Timers
  readonly startedAt: number
  readonly requests: RequestCounts
}

interface NmCall {
  readonly request: IncomingMessage
  readonly path: readonly string[]
  readonly query: URLSearchParams
  readonly user: string
}

/** The NodeManager's web server, as far as logs need it (§8). */
export function createNmHandler(context: NmContext) {
  const authenticate = createAuthenticator('simple')
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const [path = '/', queryText] = (request.url ?? '/').split('?')
    const query = new URLSearchParams(queryText ?? '')
    const now = context.cluster.clock()
    const caller = authenticate(request, query, now)
    const sending = { request, response, now, cookie: caller.cookie }
    const answer = async () => answerTo(path, { request, query, user: caller.user }, context)
    context.requests.add(request.method ?? 'GET', withoutIds(path))
    const fault = context.faults.take(request.method ?? 'GET', path)
    if (!fault) return send(await answer(), sending)
    const none = () => unknownPath(path)
    const redirects = { standby: none, noActive: none }
    await playFault(fault, { ...sending, timers: context.timers, answer, redirects })
  }
}

function withoutIds(path: string): string {
  return path.replace(/container_\w+/g, '{container}')
}

function answerTo(path: string, call: Omit<NmCall, 'path'>, context: NmContext): Answer {
  if (!path.startsWith(`${base}/`)) {
    return logPage(path, call.query, call.user, context) ?? unknownPath(path)
  }
  const parts = path
    .slice(base.length + 1)
    .split('/')
    .map(decode)
  const found = { ...call, path: parts }
  try {
    return answerNode(found, context) ?? unknownResource(path.slice('/ws'.length))
  } catch (error) {
    if (error instanceof RemoteException) return error.answer()
    throw error
  }
}

function answerNode(call: NmCall, context: NmContext): Answer | undefined {
  const [first, id, third, file, ...more] = call.path
  if (more.length > 0 || call.request.method !== 'GET') return undefined
  if (first === 'containerlogs' && id !== undefined && third !== undefined && file === undefined) {
    return logFile(call, [id, third], context)
  }
  if (first === 'containers' && third === 'logs' && id !== undefined) {
    return file === undefined ? logList(call, id, context) : logFile(call, [id, file], context)
  }
  const value = nodeValue([first, id, third], context)
  const format = formatFor(call.request.headers.accept)
  if (!value) return undefined
  return format ? valueAnswer(value, { format }) : unacceptable(call.request.headers.accept ?? '')
}

function nodeValue(
  [first, id, third]: readonly (string | undefined)[],
  context: NmContext
): Wire | undefined {
  if (third !== undefined) return undefined
  const { logs } = context
  if (first === 'info' && id === undefined) return infoJson(context)
  if (first === 'apps' && id === undefined) return appsJson(logs)
  if (first !== 'containers') return undefined
  if (id === undefined) {
    const container = logs.running().map((log) => containerJson(log, context))
    return { containers: container.length === 0 ? {} : { container } }
  }
  const log = logs.get(id)
  if (!log?.running) throw notFound(`container with id, ${id}, not found`)
  return { container: containerJson(log, context) }
}

function logFile(
  call: NmCall,
  [containerId, file]: readonly [string, string],
  context: NmContext
): Answer {
  const accept = call.request.headers.accept
  if (accept !== undefined && !/\*\/\*|text\/(plain|\*)/.test(accept)) return cannotWrite()
  if (!containerIdForm.test(containerId)) return text(400, '')
  const size = call.query.get('size')
  if (size !== null && !/^[+-]?\d{1,18}$/.test(size)) return badSize()
  const format = call.query.get('format') ?? 'text'
  if (format !== 'text' && format !== 'octet-stream') {
    return text(400, 'The valid values for the parameter : format are [text, octet-stream]')
  }
  const log = context.logs.get(containerId)
  const owner = log?.user ?? context.logs.ofApplication(appOf(containerId))[0]?.user
  if (owner === undefined) {
    return elsewhere(call, [containerId, file], context) ?? text(404, unknownContainer)
  }
  if (!mayAccess(context.cluster, call.user, owner)) {
    return text(
      500,
      `User [${call.user}] is not authorized to view the logs for application ${appOf(containerId)}`
    )
  }
  const entry = log?.files.get(file)
  if (!log || !entry)
    return text(404, 'java.lang.Exception: Cannot find this log on the local disk.')
  const body = logFrame({
    containerId,
    nodeId: nodeId(context.cluster),
    file,
    modified: entry.modified,
    content: entry.content,
    size: size === null ? undefined : Number(size),
    running: log.running
  })
  const chunked = entry.content.length > 0
  if (format === 'text') return logAnswer(200, body, { chunked })
  return logAnswer(200, body, { chunked, earlyType: 'application/octet-stream; charset=utf-8' })
}

function logList(call: NmCall, containerId: string, context: NmContext): Answer {
  const { accept } = call.request.headers
  const format = formatFor(accept)
  if (!format) return unacceptable(accept ?? '')
  const log = context.logs.get(containerId)
  const moved = log ? undefined : elsewhere(call, [containerId], context)
  if (moved) return moved
  if (!log)
    throw notFound(
      "Unknown container. Container either has not started or has already completed or doesn't belong to this node at all."
    )
  if (!mayAccess(context.cluster, call.user, log.user)) {
    return text(
      500,
      `User [${call.user}] is not authorized to view the logs for application ${log.appId}`
    )
  }
  const files = [...log.files].map(([fileName, one]) => ({
    fileName,
    fileSize: String(one.content.length),
    lastModifiedTime: javaDate(one.modified)
  }))
  const [only] = files
  const info = {
    containerLogInfo: files.length === 1 && only ? only : files,
    logAggregationType: 'LOCAL',
    containerId,
    nodeId: nodeId(context.cluster)
  }
  const value: Wire = { containerLogsInfo: info }
  const whole = format === 'xml' ? { containerLogsInfoes: value } : value
  return valueAnswer(whole, { format, nosniffAgain: true })
}

/** `yarn.log.server.web-service.url` is set: what is not here (any more) is there. */
function elsewhere(
  call: NmCall,
  [containerId, file]: readonly string[],
  { cluster }: NmContext
): Answer | undefined {
  if (!cluster.aggregated || cluster.historyUrl === '') return undefined
  const query = new URLSearchParams(call.query)
  query.set('redirected_from_node', 'true')
  query.set('nm.id', nodeId(cluster))
  const path = `/ws/v1/history/containers/${containerId}/logs${file === undefined ? '' : `/${file}`}`
  const location = `${cluster.historyUrl}${path}?${query}`
  return { ...text(307, ''), headers: [['Location', location]] }
}

const unknownContainer =
  "java.lang.Exception: Unknown container. Container either has not started or has already completed or doesn't belong to this node at all."

function text(status: number, body: string): Answer {
  return logAnswer(status, Buffer.from(body), { chunked: body !== '' })
}

/** The log resource writes only text, so a request for JSON fails in the server (§8). */
function cannotWrite(): Answer {
  const type = 'application/json'
  return new RemoteException('WebApplicationException', undefined, { type }).answer()
}

function badSize(): Answer {
  const data = 'org.apache.hadoop.yarn.webapp.RemoteExceptionData'
  const message = `com.sun.jersey.api.MessageException: A message body writer for Java class ${data}, and Java type class ${data}, and MIME media type text/plain; charset=utf-8 was not found.\n`
  const type = 'application/vnd.sun.wadl+json'
  const answer = new RemoteException('WebApplicationException', message, { type }).answer()
  return { ...answer, headers: [['Content-Type', type]] }
}

function appOf(containerId: string): string {
  const [, timestamp = '', sequence = ''] =
    /^container_(?:e\d+_)?(\d+)_(\d+)_/.exec(containerId) ?? []
  return `application_${timestamp}_${sequence}`
}

function containerJson(log: ContainerLog, context: NmContext): Wire {
  const { cluster } = context
  const resource = context.apps.get(log.appId)?.resource
  return {
    id: log.containerId,
    state: 'RUNNING',
    exitCode: -1000,
    diagnostics: '',
    user: log.user,
    totalMemoryNeededMB: resource?.memory ?? 0,
    totalVCoresNeeded: resource?.vCores ?? 0,
    executionType: 'GUARANTEED',
    containerLogsLink: `http://${cluster.nodeHttpAddress}/node/containerlogs/${log.containerId}/${log.user}`,
    nodeId: nodeId(cluster),
    containerLogFiles: [...log.files.keys()]
  }
}

function appsJson(logs: ContainerLogs): Wire {
  const running = logs.running()
  if (running.length === 0) return { apps: {} }
  const ids = [...new Set(running.map((log) => log.appId))]
  const app = ids.map((id) => {
    const own = running.filter((log) => log.appId === id)
    const containerids = own.map((log) => log.containerId)
    return { id, state: 'RUNNING', user: own[0]?.user ?? '', containerids }
  })
  return { apps: { app } }
}

function infoJson({ cluster, startedAt }: NmContext): Wire {
  return {
    nodeInfo: {
      healthReport: '',
      totalVmemAllocatedContainersMB: 17_203,
      totalPmemAllocatedContainersMB: 8192,
      totalVCoresAllocatedContainers: 16,
      vmemCheckEnabled: false,
      pmemCheckEnabled: false,
      lastNodeUpdateTime: cluster.clock(),
      resourceTypes: 'memory-mb (unit=Mi), vcores',
      nodeHealthy: true,
      ...buildJson('nodeManager'),
      id: nodeId(cluster),
      nodeHostName: cluster.nodeHost,
      nmStartupTime: startedAt
    }
  }
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
