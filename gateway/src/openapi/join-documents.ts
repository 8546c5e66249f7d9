import { isDeepStrictEqual } from 'node:util'
import { answersProblems } from '@scheduler-task/envelope/problem'
import { sharedComponents } from '@scheduler-task/service-base/openapi/components'
import { withComponentsInUse } from '@scheduler-task/service-base/openapi/components-in-use'
import {
  type JsonObject,
  type OpenApiDocument,
  type OperationObject,
  type PathItem,
  refTo
} from '@scheduler-task/service-base/openapi/document'
import { isBelow } from '../proxy/is-below.ts'
import type { ServiceDocument } from './fetch-document.ts'

/** What is served below `path`, by whom, and how it describes itself. */
export type Part = { name: string; path: string; document: ServiceDocument }
/** A service whose calls are not shown. */
export type Away = { name: string; path: string; reason: string }

type Components = Record<string, Record<string, JsonObject>>

/** What the gateway may answer in a service's place: by HTTP status, the name of the shared answer. */
const OWN_ANSWERS = {
  400: 'BadParameters',
  401: 'NotLoggedIn',
  403: 'Forbidden',
  502: 'ServiceBrokeOff',
  503: 'Unavailable',
  504: 'ServiceTooSlow'
} as const

/** One document of what callers of the gateway see: its own calls, and of each part those below its prefix. */
export function joinDocuments(
  own: OpenApiDocument,
  parts: readonly Part[],
  away: readonly Away[]
): OpenApiDocument {
  let components = added(
    own.components ?? {},
    sharedComponents(Object.keys(OWN_ANSWERS).map(Number))
  )
  const paths = new Map(Object.entries(own.paths))
  const tags = new Map((own.tags ?? []).map((tag) => [tag.name, tag]))
  for (const part of parts) {
    const document = hasClash(components, part.document) ? renamed(part) : part.document
    components = added(components, document.components ?? {})
    const served = Object.entries(document.paths).filter(([path]) => isBelow(part.path, path))
    for (const [path, item] of served) paths.set(path, throughGateway(path, item))
    const used = new Set(
      served.flatMap(([, item]) => Object.values(item).flatMap((operation) => operation.tags))
    )
    for (const tag of document.tags ?? []) {
      if (used.has(tag.name) && !tags.has(tag.name)) tags.set(tag.name, tag)
    }
  }
  return withComponentsInUse({
    ...own,
    info: { ...own.info, description: description(own, away) },
    ...(away.length > 0 ? { 'x-services-away': away } : {}),
    tags: [...tags.values()],
    paths: Object.fromEntries(paths),
    components
  })
}

function description({ info }: OpenApiDocument, away: readonly Away[]): string {
  const missing = away.map(
    ({ name, path, reason }) => `- calls below \`${path}\`: ${name} ${reason}`
  )
  return [
    info.description ?? '',
    ...(missing.length > 0 ? [`**Not shown at the moment:**\n\n${missing.join('\n')}`] : [])
  ].join('\n\n')
}

/** The gateway asks for the token itself, whatever the service would do. */
function throughGateway(path: string, item: PathItem): PathItem {
  return Object.fromEntries(
    Object.entries(item).map(([method, { security: _, ...operation }]) => [
      method,
      {
        ...operation,
        responses: { ...ownAnswers(path), ...operation.responses }
      } as OperationObject
    ])
  )
}

/** Told as the service behind the path tells its own. */
function ownAnswers(path: string): Record<string, JsonObject> {
  const form = answersProblems(path) ? 'Problem' : ''
  return Object.fromEntries(
    Object.entries(OWN_ANSWERS).map(([status, name]) => [
      status,
      refTo('responses', `${name}${form}`)
    ])
  )
}

/** Those of `more` that are not there yet; who may send which token is the gateway's own matter. */
function added(components: Components, { securitySchemes: _, ...more }: Components): Components {
  const kinds = new Set([...Object.keys(components), ...Object.keys(more)])
  return Object.fromEntries(
    [...kinds].map((kind) => [kind, { ...more[kind], ...components[kind] }])
  )
}

/** True when a name means another thing here and there: services of different versions. */
function hasClash(known: Components, { components = {} }: ServiceDocument): boolean {
  return Object.entries(components).some(
    ([kind, named]) =>
      kind !== 'securitySchemes' &&
      Object.entries(named).some(([name, component]) => {
        const other = known[kind]?.[name]
        return other !== undefined && !isDeepStrictEqual(other, component)
      })
  )
}

/** The document with the service's name before those of all its components, which may refer to each other. */
function renamed({ name, document }: Part): ServiceDocument {
  const { components = {}, ...rest } = mapRefs(document, (ref) =>
    ref.replace(/^#\/components\/(\w+)\//, `#/components/$1/${name}.`)
  )
  const own = Object.entries(components).map(([kind, named]) => [
    kind,
    Object.fromEntries(Object.entries(named).map(([key, value]) => [`${name}.${key}`, value]))
  ])
  return { ...rest, components: Object.fromEntries(own) }
}

function mapRefs<Value>(value: Value, map: (ref: string) => string): Value {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((inner) => mapRefs(inner, map)) as Value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      key === '$ref' && typeof inner === 'string' ? map(inner) : mapRefs(inner, map)
    ])
  ) as Value
}
