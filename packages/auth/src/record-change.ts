import type {} from '@scheduler-task/envelope/envelope-plugin'
import type { FastifyRequest } from 'fastify'

/** Who changed what, and how it ended. One such record for every call that changes something. */
export type Change = {
  who: string
  sessionId: string
  /** `file.upload`, `executor.start`: the service, then the verb. */
  what: string
  /** The file, task or application that was changed, as far as the call got to know it. */
  target?: string
  applicationId?: string
  requestId: string
  /** The envelope's code: 200 is success. */
  code: number
  httpStatus: number
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The name of the change that this call makes, whatever its method; absent: it only reads. */
    change?: string
  }
  interface FastifyRequest {
    /** Filled in by handlers: what the change is about. */
    changed: { target?: string; applicationId?: string } | null
  }
}

/** Where changes are reported to; for now the log. */
export type ChangeRecorder = (change: Change, request: FastifyRequest) => void

export const logChange: ChangeRecorder = (change, request) => {
  request.log.info({ change }, 'change')
}

/** Reports the change that `request` made or tried to make. Called once for every call whose route names a change. */
export function recordChange(
  request: FastifyRequest,
  httpStatus: number,
  record: ChangeRecorder
): void {
  const what = request.routeOptions.config.change
  if (!what) return
  record(
    {
      who: request.user?.name ?? '',
      sessionId: request.user?.sessionId ?? '',
      what,
      ...request.changed,
      requestId: request.id,
      code: request.answeredCode || httpStatus,
      httpStatus
    },
    request
  )
}
