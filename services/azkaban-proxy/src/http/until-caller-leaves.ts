import type { FastifyReply } from 'fastify'
import { callerLeft } from '../errors.ts'

/** Fires when the caller goes away before the answer: nobody would read what a read brings. */
export function untilCallerLeaves({ raw }: FastifyReply): AbortSignal {
  const left = new AbortController()
  if (raw.destroyed) left.abort(callerLeft())
  raw.once('close', () => {
    if (!raw.writableFinished) left.abort(callerLeft())
  })
  return left.signal
}
