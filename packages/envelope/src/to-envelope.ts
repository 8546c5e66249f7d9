import type { FastifyError, FastifyRequest } from 'fastify'
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod'
import { type DocumentedFailure, httpMessage } from './codes.ts'
import { type Envelope, errorText, fail } from './envelope.ts'
import { BadParameters, Failure, type ParameterIssue, Refusal } from './errors.ts'

export type ErrorAnswer = {
  httpStatus: number
  headers: Readonly<Record<string, string>>
  body: Envelope<string>
  /** True when it is a fault of ours, which a person must look at. */
  fault: boolean
}

/** What a request is answered whose handling threw `error`: typed errors speak, anything else stays silent. */
export function toEnvelope(error: unknown, request: FastifyRequest): ErrorAnswer {
  if (error instanceof Failure) return failureAnswer(error, request)
  if (error instanceof Refusal) return refusalAnswer(error, request.id)
  if (isFastifyError(error)) {
    if (hasZodFastifySchemaValidationErrors(error)) {
      return refusalAnswer(new BadParameters(zodIssues(error.validation)), request.id)
    }
    const status = error.statusCode ?? 500
    if (status >= 400 && status < 500) return refusalAnswer(frameworkRefusal(error), request.id)
  }
  return {
    ...refusalAnswer(
      new Refusal(500, 'the service met an error of its own', { code: 'INTERNAL_ERROR' }),
      request.id
    ),
    fault: true
  }
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
