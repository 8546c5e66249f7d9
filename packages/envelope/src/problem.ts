import { STATUS_CODES } from 'node:http'
import type { FastifyRequest } from 'fastify'
import { Failure, type Refusal } from './errors.ts'
import { type ErrorAnswer, typedError } from './to-envelope.ts'

/** RFC 9457, with what an error text of v1 holds; more members may follow. */
export type Problem = Readonly<{
  type: string
  title: string
  status: number
  /** What is wrong, in English. */
  detail: string
  /** Stable, for programs. */
  code: string
  requestId: string
}>

export const PROBLEM_TYPE = 'application/problem+json; charset=utf-8'

const NEW_CALLS = /^\/executor\/v2(?:[/?]|$)/

/** Whether errors of this URL are told as problem details; all others are envelopes. */
export function answersProblems(url: string): boolean {
  return NEW_CALLS.test(url)
}

/** The same as `toEnvelope` for calls that answer true HTTP statuses. */
export function toProblem(error: unknown, request: FastifyRequest): ErrorAnswer<Problem> {
  const { told, fault } = typedError(error)
  return { ...problemAnswer(told, request.id), fault }
}

/** The problem details of a failure or refusal; also used where there is no Fastify request yet. */
export function problemAnswer(told: Failure | Refusal, requestId: string): ErrorAnswer<Problem> {
  const { httpStatus: status, code, fields } = told
  return {
    httpStatus: status,
    headers: told instanceof Failure ? {} : told.headers,
    body: {
      ...fields,
      type: 'about:blank',
      title: STATUS_CODES[status] ?? 'Error',
      status,
      detail: told.message,
      code,
      requestId
    },
    fault: false
  }
}
