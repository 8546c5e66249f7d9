import { STATUS_CODES } from 'node:http'
import { httpMessage, SUCCESS } from '@scheduler-task/envelope/codes'
import { type JsonObject, refTo } from './document.ts'

/** Header fields of answers, by the name of their component. */
const HEADERS = {
  Location: {
    description: 'Where that which the call has made, or has begun, is shown.',
    schema: { type: 'string' },
    example: '/executor/v2/jobs/019a1b2c3d4e00112233445566778899'
  },
  RequestId: {
    description: 'Names this request in every log. A sane one that came with the request is kept.',
    required: true,
    schema: { type: 'string', maxLength: 128 },
    example: '4f0c2a7e-9a51-4c9e-8a4b-6a1de6d6a0f7'
  },
  RetryAfter: {
    description: 'Seconds after which the same call may be sent again.',
    schema: { type: 'string', pattern: '^\\d+$' },
    example: '1'
  },
  Authenticate: {
    description: 'How a token may be sent as well.',
    schema: { type: 'string', const: 'Bearer' }
  },
  ContentRange: {
    description: 'Which bytes of how many; `bytes */20` for a range that lies outside.',
    schema: { type: 'string', pattern: '^bytes (\\d+-\\d+|\\*)/\\d+$' },
    example: 'bytes 0-9/20'
  }
} as const

type Refused = { name: string; code: string; error: string; why: string; headers?: JsonObject }

/** The refusals that calls here may answer, by HTTP status. */
const REFUSALS: Readonly<Record<number, Refused>> = {
  400: {
    name: 'BadParameters',
    code: 'BAD_PARAMETERS',
    error: 'taskName: must not be empty',
    why: 'Something in the request is not valid; `errors` in the error text lists every such thing.'
  },
  401: {
    name: 'NotLoggedIn',
    code: 'AUTH_TOKEN_EXPIRED',
    error: 'the token has expired; log in again',
    why: 'No token, a bad one, an expired or a revoked one; at a login: wrong credentials.',
    headers: { 'WWW-Authenticate': refTo('headers', 'Authenticate') }
  },
  403: {
    name: 'Forbidden',
    code: 'AUTH_ROLE_MISSING',
    error: 'your role may read, not change',
    why: 'The role does not suffice, a cookie alone came with a change, or a foreign page calls.'
  },
  404: {
    name: 'NotFound',
    code: 'NOT_FOUND',
    error: 'there is no such call here',
    why: 'There is no such thing.'
  },
  408: {
    name: 'TooSlow',
    code: 'REQUEST_TIMEOUT',
    error: 'the request did not come in time',
    why: 'The request’s body did not come in time.'
  },
  409: {
    name: 'Conflict',
    code: 'CONFLICT',
    error: 'the service is not set up for this call',
    why: 'It cannot be done in the present state.'
  },
  412: {
    name: 'PreconditionFailed',
    code: 'PRECONDITION_FAILED',
    error: 'the file is not the one that If-Match or If-Unmodified-Since names',
    why: 'A precondition of the request does not hold.'
  },
  413: {
    name: 'TooLarge',
    code: 'CTP_BODY_TOO_LARGE',
    error: 'the body is larger than this call takes',
    why: 'The body is larger than this call takes.'
  },
  415: {
    name: 'UnsupportedType',
    code: 'CTP_INVALID_MEDIA_TYPE',
    error: 'this content type is not taken here',
    why: 'The body’s content type is not the one that this call takes.'
  },
  416: {
    name: 'RangeNotSatisfiable',
    code: 'RANGE_NOT_SATISFIABLE',
    error: 'the range lies outside of the file, which has 20 bytes',
    why: 'The range lies outside of the file.',
    headers: { 'Content-Range': refTo('headers', 'ContentRange') }
  },
  422: {
    name: 'NotUsable',
    code: 'NOT_USABLE',
    error: 'the request was understood, and what it asks for cannot be used',
    why: 'It is well-formed, and what it asks for cannot be used.'
  },
  429: {
    name: 'TooOften',
    code: 'TOO_MANY_REQUESTS',
    error: 'too many failed logins; try again in 30 s',
    why: 'Too many requests.',
    headers: { 'Retry-After': refTo('headers', 'RetryAfter') }
  },
  500: {
    name: 'InternalError',
    code: 'INTERNAL_ERROR',
    error: 'the service met an error of its own',
    why: 'A fault of the service; its log says more under the request id.'
  },
  502: {
    name: 'ServiceBrokeOff',
    code: 'GATEWAY_SERVICE_BROKE_OFF',
    error: 'file-service broke off; whether it carried the call out is not known',
    why: 'The service behind the gateway broke off.'
  },
  503: {
    name: 'Unavailable',
    code: 'AUTH_SESSIONS_UNAVAILABLE',
    error: 'the session store cannot be asked; nobody is let in until it can',
    why: 'Something that the call needs is away, not configured, or too busy; nothing was done.',
    headers: { 'Retry-After': refTo('headers', 'RetryAfter') }
  },
  504: {
    name: 'ServiceTooSlow',
    code: 'GATEWAY_SERVICE_TOO_SLOW',
    error: 'file-service has not answered within 240000 ms',
    why: 'The service behind the gateway has not answered in time.'
  }
}

const ENVELOPE = {
  type: 'object',
  description: 'What every call answers: these three members in this order.',
  properties: {
    statusCode: {
      type: 'integer',
      description:
        '200 on success; the code of the failed call (150–164); else the HTTP status of the refusal.'
    },
    message: { type: 'string', description: 'In Chinese, as in the interface document.' },
    data: { description: 'What the call answers; on a failure a text that says why.' }
  },
  required: ['statusCode', 'message', 'data'],
  additionalProperties: false
}

const FAILURE = {
  description: 'A call that could not be carried out, or a request that was refused.',
  allOf: [refTo('schemas', 'Envelope')],
  type: 'object',
  properties: {
    data: {
      type: 'string',
      description:
        'The error text: an object written as JSON, see `ErrorText`. Where another system has answered (Azkaban, ' +
        'YARN), its own text stands here as it came, which may be JSON of another form or HTML.',
      contentMediaType: 'application/json',
      contentSchema: refTo('schemas', 'ErrorText')
    }
  }
}

const ERROR_TEXT = {
  type: 'object',
  description: 'What a failure’s `data` holds as a text. More members may follow.',
  properties: {
    error: { type: 'string', description: 'What is wrong, in English.' },
    code: { type: 'string', description: 'Stable, for programs.', pattern: '^[A-Z][A-Z0-9_]*$' },
    requestId: { type: 'string', description: 'The X-Request-Id of the answer.' },
    errors: {
      type: 'array',
      description: 'With BAD_PARAMETERS: every thing that is wrong.',
      items: {
        type: 'object',
        properties: {
          path: { type: 'string', description: 'Where; empty for the request as a whole.' },
          message: { type: 'string' }
        },
        required: ['path', 'message']
      }
    }
  },
  required: ['error', 'code', 'requestId']
}

const PROBLEM = {
  type: 'object',
  description: 'Problem details (RFC 9457). More members may follow.',
  properties: {
    type: { type: 'string', description: 'Always `about:blank`: `code` tells problems apart.' },
    title: { type: 'string', description: 'The HTTP status in words.' },
    status: { type: 'integer' },
    detail: { type: 'string', description: 'What is wrong, in English.' },
    code: { type: 'string', description: 'Stable, for programs.', pattern: '^[A-Z][A-Z0-9_]*$' },
    requestId: { type: 'string', description: 'The X-Request-Id of the answer.' },
    errors: ERROR_TEXT.properties.errors
  },
  required: ['type', 'title', 'status', 'detail', 'code', 'requestId']
}

const REQUEST_ID_PARAMETER = {
  name: 'X-Request-Id',
  in: 'header',
  description: 'An id of your own for this request: letters, digits and `._:-`, at most 128.',
  required: false,
  schema: { type: 'string', pattern: '^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$' }
}

export const REQUEST_ID_HEADER = { 'X-Request-Id': refTo('headers', 'RequestId') }

/** Success around what `data` is. */
export function successSchema(data: JsonObject): JsonObject {
  return narrowed('Envelope', {
    statusCode: { const: SUCCESS.statusCode },
    message: { const: SUCCESS.message },
    data
  })
}

/** A failure with one code; its message where there is only one. */
export function failureSchema({ statusCode, message }: { statusCode: number; message?: string }) {
  return narrowed('Failure', {
    statusCode: { const: statusCode },
    ...(message === undefined ? {} : { message: { const: message } })
  })
}

function narrowed(name: string, properties: JsonObject): JsonObject {
  return { type: 'object', allOf: [refTo('schemas', name)], properties }
}

/** The answer of a refused request, as a reference. */
export function refusalRef(status: number): JsonObject {
  return refTo('responses', refused(status).name)
}

/** The answer of a refused request, or of one that failed with a code of its own under that HTTP status. */
export function refusalAnswer(status: number, orElse?: { statusCode: number; message: string }) {
  const { code, error, why, headers } = refused(status)
  const own = failureSchema({ statusCode: status })
  return {
    description: why,
    headers: { ...REQUEST_ID_HEADER, ...headers },
    content: {
      'application/json': {
        schema: orElse ? { oneOf: [own, failureSchema(orElse)] } : own,
        example: {
          statusCode: status,
          message: httpMessage(status),
          data: JSON.stringify({ error, code, requestId: HEADERS.RequestId.example })
        }
      }
    }
  }
}

/** The same for a call that answers problem details, as a reference. */
export function problemRef(status: number): JsonObject {
  return refTo('responses', `${refused(status).name}Problem`)
}

function problemAnswer(status: number) {
  const { code, error, why, headers } = refused(status)
  return {
    description: why.replace('in the error text ', ''),
    headers: { ...REQUEST_ID_HEADER, ...headers },
    content: {
      'application/problem+json': {
        schema: refTo('schemas', 'Problem'),
        example: {
          type: 'about:blank',
          title: STATUS_CODES[status] ?? 'Error',
          status,
          detail: error,
          code,
          requestId: HEADERS.RequestId.example
        }
      }
    }
  }
}

function refused(status: number): Refused {
  return (
    REFUSALS[status] ?? {
      name: `Status${status}`,
      code: `STATUS_${status}`,
      error: 'the request was refused',
      why: httpMessage(status)
    }
  )
}

/** Everything that operations refer to; `statuses` are those that they refuse with. */
export function sharedComponents(statuses: Iterable<number>) {
  const responses: Record<string, JsonObject> = {}
  for (const status of [...new Set(statuses)].sort()) {
    responses[refused(status).name] = refusalAnswer(status)
    responses[`${refused(status).name}Problem`] = problemAnswer(status)
  }
  return {
    schemas: { Envelope: ENVELOPE, Failure: FAILURE, ErrorText: ERROR_TEXT, Problem: PROBLEM },
    responses,
    parameters: { RequestId: REQUEST_ID_PARAMETER },
    headers: { ...HEADERS },
    securitySchemes: {
      token: {
        type: 'apiKey',
        in: 'header',
        name: 'token',
        description:
          'The token of a login (`POST /auth/login` of the gateway). It may come as `Authorization: Bearer` or as the ' +
          'cookie `token` too; a cookie alone may not change anything.'
      }
    }
  }
}
