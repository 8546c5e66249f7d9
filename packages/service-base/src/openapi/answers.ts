import type { DocumentedFailure } from '@scheduler-task/envelope/codes'
import { answersProblems } from '@scheduler-task/envelope/problem'
import {
  failureSchema,
  problemRef,
  REQUEST_ID_HEADER,
  refusalAnswer,
  refusalRef,
  successSchema
} from './components.ts'
import { type DescribedRoute, isOpen } from './described-route.ts'
import { type JsonObject, refTo } from './document.ts'
import { jsonSchemaOf } from './json-schema.ts'

/** HTTP statuses that a route refuses with, as far as its declaration says. */
export function refusalsOf(route: DescribedRoute): number[] {
  const { schema, config, takes, url } = route
  const input = schema.params ?? schema.querystring ?? schema.headers ?? schema.body
  const readsBody = takes === 'json' || takes === 'multipart'
  return [
    ...(input || readsBody || url.includes(':') ? [400] : []),
    ...(isOpen(route) ? [] : [401, 403, 503]),
    ...(readsBody ? [413, 415] : []),
    ...(config.refusals ?? []),
    500
  ]
}

/** Every answer of a route, by HTTP status. */
export function answersOf(route: DescribedRoute): Record<string, JsonObject> {
  const { schema, config } = route
  const failures = [config.failure, config.alsoFails].flat().filter((failure) => !!failure)
  const answers: Record<string, JsonObject> = {}
  for (const status of refusalsOf(route)) {
    const own = failures.find(({ http }) => http === 'own')
    if (answersProblems(route.url)) answers[status] = problemRef(status)
    else answers[status] = own ? refusalAnswer(status, own) : refusalRef(status)
  }
  for (const [status, declared] of Object.entries((schema.response ?? {}) as JsonObject)) {
    answers[status] = declaredAnswer(status, jsonSchemaOf(declared, 'output'), failures)
  }
  return { ...answers, ...config.openApi?.responses }
}

const DONE: Readonly<Record<string, string>> = {
  200: 'The call was carried out',
  202: 'It is kept, and goes on from here'
}

function declaredAnswer(
  status: string,
  schema: JsonObject,
  failures: readonly DocumentedFailure[]
): JsonObject {
  const data = status === '200' ? enveloped(schema) : undefined
  const codes = failures.map(({ statusCode, message }) => `${statusCode} \`${message}\``)
  return {
    description: [
      DONE[status] ?? 'It was not',
      ...(codes.length > 0 ? [`or failed with its own code (${codes.join(', ')})`] : [])
    ].join(', '),
    headers: {
      ...REQUEST_ID_HEADER,
      ...(status === '202' && { Location: refTo('headers', 'Location') })
    },
    content: {
      'application/json': {
        schema: data ? withFailures(successSchema(data), failures) : schema,
        ...(data && 'examples' in data ? exampleOf(data) : {})
      }
    }
  }
}

function withFailures(success: JsonObject, failures: readonly DocumentedFailure[]): JsonObject {
  return failures.length === 0 ? success : { oneOf: [success, ...failures.map(failureSchema)] }
}

/** What stands in `data` of a schema that is an envelope. */
function enveloped({ properties }: JsonObject): JsonObject | undefined {
  const { statusCode, data } = (properties ?? {}) as { statusCode?: unknown; data?: JsonObject }
  return statusCode ? data : undefined
}

function exampleOf({ examples }: JsonObject): JsonObject {
  const [data] = examples as unknown[]
  return { example: { statusCode: 200, message: '成功!', data } }
}
