import type { IncomingMessage, ServerResponse } from 'node:http'
import type { BatchedLog } from '@scheduler-task/service-base/batched-log'
import { loggableUrl } from '@scheduler-task/service-base/logger'

/** What the line of one request tells, known bit by bit while it is carried. */
export type Access = {
  requestId: string
  traceId: string
  /** The request line's target, as it came. */
  url: string
  service: string
  /** Empty until the token was found good. */
  user: string
  /** `performance.now()` */
  startedAt: number
  /** Bytes of the body that came from the client, and of the one that went to it. */
  received: number
  sent: number
}

/**
 * One line a request, like that of the services, when it is over. Written out by hand, for it is a good part of what a
 * short call costs: ids, method and address hold nothing that JSON would have to escape.
 */
export function logAccess(
  log: BatchedLog,
  access: Access,
  incoming: IncomingMessage,
  response: ServerResponse,
  ip: string | undefined
): void {
  if (!log.isOn()) return
  const { requestId, traceId, url, service, user, startedAt, received, sent } = access
  const ms = Math.round(performance.now() - startedAt)
  const cutOff = response.writableFinished ? '' : ',"cutOff":true'
  log.info(
    `,"reqId":"${requestId}","traceId":"${traceId}","url":${JSON.stringify(loggableUrl(url))},"service":"${service}","user":${JSON.stringify(user)},"method":"${incoming.method}","status":${response.statusCode}${cutOff},"ms":${ms},"received":${received},"sent":${sent},"ip":"${ip ?? ''}"`,
    'request'
  )
}
