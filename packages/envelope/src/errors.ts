import type { DocumentedFailure } from './codes.ts'

type Details = {
  /** Stable, upper snake case, with the prefix of the service: `YARN_EXECUTOR_TASK_NAME_IN_USE`. */
  code: string
  /** More members of the error text, beside `error`, `code` and `requestId`. */
  fields?: Readonly<Record<string, unknown>>
  cause?: unknown
}

/**
 * The call was understood and could not be carried out. A v1 route answers it with HTTP 200 and the code that the
 * interface document prints for that call (`config.failure` of the route, or `documented` here); a call without such a
 * code answers `httpStatus`.
 */
export class Failure extends Error {
  readonly code: string
  readonly fields: Readonly<Record<string, unknown>>
  readonly httpStatus: number
  /** An upstream's own text, passed on as `data` byte for byte in place of our error text. */
  readonly upstreamText: string | undefined
  /** Overrides the route's code: a restart fails as a stop or as a start. */
  readonly documented: DocumentedFailure | undefined

  constructor(
    message: string,
    details: Details & {
      httpStatus?: number
      upstreamText?: string
      documented?: DocumentedFailure
    }
  ) {
    super(message, { cause: details.cause })
    this.name = 'Failure'
    this.code = details.code
    this.fields = details.fields ?? {}
    this.httpStatus = details.httpStatus ?? 409
    this.upstreamText = details.upstreamText
    this.documented = details.documented
  }
}

/** The request is refused as such, whatever the call: the envelope repeats the HTTP status as its code. */
export class Refusal extends Error {
  readonly code: string
  readonly fields: Readonly<Record<string, unknown>>
  readonly httpStatus: number
  /** The envelope's Chinese message, where the status alone does not say enough. */
  readonly chinese: string | undefined
  readonly headers: Readonly<Record<string, string>>

  constructor(
    httpStatus: number,
    message: string,
    details: Details & { chinese?: string; headers?: Readonly<Record<string, string>> }
  ) {
    super(message, { cause: details.cause })
    this.name = 'Refusal'
    this.httpStatus = httpStatus
    this.code = details.code
    this.fields = details.fields ?? {}
    this.chinese = details.chinese
    this.headers = details.headers ?? {}
  }
}

/** One thing that is wrong with a request: where (dotted path, `''` for the whole body) and what would be right. */
export type ParameterIssue = Readonly<{ path: string; message: string }>

/** HTTP 400 with every issue listed; for checks that a schema cannot say. */
export class BadParameters extends Refusal {
  constructor(issues: readonly ParameterIssue[]) {
    const first = issues[0]
    const where = first?.path ? `${first.path}: ` : ''
    super(400, first ? `${where}${first.message}` : 'the request is not valid', {
      code: 'BAD_PARAMETERS',
      fields: { errors: issues }
    })
    this.name = 'BadParameters'
  }
}
