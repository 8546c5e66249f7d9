import type { FastifyError, FastifyRequest } from 'fastify'
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod'
import { type DocumentedFailure, httpMessage } from './codes.ts'
import { type Envelope, errorText, fail } from './envelope.ts'
import { BadParameters, Failure, type ParameterIssue, Refusal } from './errors.ts'

export type ErrorAnswer<Body = Envelope<string>> = {
  httpStatus: number
  headers: Readonly<Record<string, string>>
  body: Body
  /** True when it is a fault of ours, which a person must look at. */
  fault: boolean
}

/** What a request is answered whose handling threw `error`: typed errors speak, anything else stays silent. */
export function toEnvelope(error: unknown, request: FastifyRequest): ErrorAnswer {
  const { told, fault } = typedError(error)
  const answer =
    told instanceof Failure ? failureAnswer(told, request) : refusalAnswer(told, request.id)
  return { ...answer, fault }
}

/** The error as one that may be told; `fault`: it is one of ours, and says nothing but that. */
export function typedError(error: unknown): Readonly<{ told: Failure | Refusal; fault: boolean }> {
  if (error instanceof Failure || error instanceof Refusal) return { told: error, fault: false }
  if (isFastifyError(error)) {
    if (hasZodFastifySchemaValidationErrors(error)) {
      return { told: new BadParameters(zodIssues(error.validation)), fault: false }
    }
    const status = error.statusCode ?? 500
    if (status >= 400 && status < 500) return { told: frameworkRefusal(error), fault: false }
  }
  const told = new Refusal(500, 'the service met an error of its own', { code: 'INTERNAL_ERROR' })
  return { told, fault: true }
}

function failureAnswer(failure: Failure, request: FastifyRequest): ErrorAnswer {
  const documented: DocumentedFailure | undefined =
    failure.documented ?? request.routeOptions.config?.failure
  const text =
    failure.upstreamText ??
    errorText({
      error: failure.message,
      code: failure.code,
      requestId: request.id,
      fields: failure.fields
    })
  const own = !documented || documented.http === 'own'
  return {
    httpStatus: own ? failure.httpStatus : 200,
    headers: {},
    body: fail(
      documented ?? {
        statusCode: failure.httpStatus,
        message: httpMessage(failure.httpStatus)
      },
      text
    ),
    fault: false
  }
}

/** The envelope of a refusal; also used where there is no Fastify request yet. */
export function refusalAnswer(refusal: Refusal, requestId: string): ErrorAnswer {
  return {
    httpStatus: refusal.httpStatus,
    headers: refusal.headers,
    body: fail(
      {
        statusCode: refusal.httpStatus,
        message: refusal.chinese ?? httpMessage(refusal.httpStatus)
      },
      errorText({
        error: refusal.message,
        code: refusal.code,
        requestId,
        fields: refusal.fields
      })
    ),
    fault: false
  }
}

function isFastifyError(error: unknown): error is FastifyError {
  return error instanceof Error && ('statusCode' in error || 'validation' in error)
}

const FRAMEWORK_TEXTS: Readonly<Record<string, string>> = {
  FST_ERR_CTP_EMPTY_JSON_BODY: 'the body is empty; send a JSON object',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'this content type is not taken here',
  FST_ERR_CTP_BODY_TOO_LARGE: 'the body is larger than this call takes',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'the body is not as long as Content-Length says',
  FST_ERR_CTP_INVALID_JSON_BODY: 'the body is not JSON',
  FST_ERR_BAD_URL: 'the path is not a valid URL path',
  FST_ERR_MAX_URL_LENGTH: 'the path is too long'
}

/** Fastify's own 4xx: its code is kept, its text is ours, so that no input is echoed. */
function frameworkRefusal(error: FastifyError): Refusal {
  const status = error.statusCode ?? 400
  if (status === 400 && (error instanceof SyntaxError || error.code === undefined)) {
    return new BadParameters([{ path: '', message: 'the body is not JSON' }])
  }
  const text = FRAMEWORK_TEXTS[error.code]
  if (status === 400) return new BadParameters([{ path: '', message: text ?? 'bad request' }])
  return new Refusal(status, text ?? 'the request was refused', {
    code: error.code.replace(/^FST_(ERR_)?/, '')
  })
}

function zodIssues(
  validation: readonly { instancePath?: string; message?: string }[]
): ParameterIssue[] {
  return validation.slice(0, 50).map(({ instancePath, message }) => ({
    path: (instancePath ?? '').replace(/^\//, '').replaceAll('/', '.'),
    message: message ?? 'not valid'
  }))
}
