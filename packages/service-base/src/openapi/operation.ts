import { answersOf } from './answers.ts'
import { type DescribedRoute, isOpen } from './described-route.ts'
import { type JsonObject, type OperationObject, refTo } from './document.ts'
import { jsonSchemaOf } from './json-schema.ts'

/** The path of a route as OpenAPI writes it. */
export function pathOf(url: string): string {
  return url.replace(/:([A-Za-z0-9_]+)/g, '{$1}')
}

/** The operation that a route is shown as. */
export function operationOf(route: DescribedRoute): OperationObject {
  const { method, url, schema } = route
  const path = pathOf(url)
  const body = bodyOf(route)
  return {
    operationId: schema.operationId ?? operationId(method, path),
    summary: schema.summary ?? `${method} ${path}`,
    ...(schema.description ? { description: schema.description } : {}),
    tags: [...(schema.tags ?? [path.slice(1).replace(/\/.*$/s, '')])],
    ...(isOpen(route) ? { security: [] } : {}),
    parameters: [
      ...parameters('path', schema.params, path),
      ...parameters('query', schema.querystring),
      ...parameters('header', schema.headers),
      refTo('parameters', 'RequestId')
    ],
    ...(body ? { requestBody: body } : {}),
    responses: answersOf(route)
  }
}

/** `POST /executor/stop/{applicationId}` → `postExecutorStopByApplicationId` */
function operationId(method: string, path: string): string {
  const words = path.split('/').map((segment) => {
    const word = segment.replace(/\W/g, '')
    const capital = word.charAt(0).toUpperCase() + word.slice(1)
    return segment.startsWith('{') ? `By${capital}` : capital
  })
  return method.toLowerCase() + words.join('')
}

function parameters(place: 'path' | 'query' | 'header', schema: unknown, path = ''): JsonObject[] {
  const shown = schema ? jsonSchemaOf(schema, 'input') : {}
  const known = Object.entries((shown.properties ?? {}) as Record<string, JsonObject>)
  const required = (shown.required ?? []) as string[]
  const described = new Set(known.map(([name]) => name))
  const unknown = [...path.matchAll(/\{(\w+)\}/g)]
    .map(([, name = '']) => name)
    .filter((name) => !described.has(name))
    .map((name): [string, JsonObject] => [name, { type: 'string' }])
  return [...known, ...unknown].map(([name, { description, ...rest }]) => ({
    name,
    in: place,
    ...(description ? { description } : {}),
    required: place === 'path' || required.includes(name),
    ...schemaAndExample(rest)
  }))
}

function bodyOf({ schema, config, takes }: DescribedRoute): JsonObject | undefined {
  if (config.openApi?.requestBody) return config.openApi.requestBody
  if (!schema.body || takes !== 'json') return undefined
  return {
    required: true,
    content: { 'application/json': schemaAndExample(jsonSchemaOf(schema.body, 'input')) }
  }
}

/** The schema's first example beside it, where readers and pages look for it. */
function schemaAndExample({ examples, ...schema }: JsonObject): JsonObject {
  return Array.isArray(examples) ? { schema, example: examples[0] } : { schema }
}
