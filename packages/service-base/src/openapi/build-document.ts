import { refusalsOf } from './answers.ts'
import { sharedComponents } from './components.ts'
import { withComponentsInUse } from './components-in-use.ts'
import type { DescribedRoute } from './described-route.ts'
import type { OpenApiDocument, PathItem } from './document.ts'
import { operationOf, pathOf } from './operation.ts'

const DESCRIPTION = `Every call answers an envelope: \`{"statusCode": …, "message": "…", "data": …}\`.

- HTTP 200 with \`statusCode\` 200: the call was carried out.
- HTTP 200 with another \`statusCode\`: it was understood and could not be carried out; each call names its codes. A
  download alone answers HTTP 4xx or 5xx then.
- any other HTTP status: the request was refused; \`statusCode\` repeats it.

On a failure \`data\` is a text that says why: see \`ErrorText\`. Beside what each call names, any request may be answered 404
(no such call), 405 (wrong method; \`Allow\` names the right ones), 408, 414, 417, 431 or 501 (not readable as a request).

Calls below \`/executor/v2\` answer without an envelope: true HTTP statuses, and problem details (RFC 9457) for errors.

Send the token of a login in the header \`token\`.`

/** What the first segments of paths stand for. */
const TAGS: Readonly<Record<string, string>> = {
  azkaban: 'Flows of Azkaban: log in, start, watch, stop.',
  executor: 'Spark and Flink jobs on YARN: start, watch, stop.',
  file: 'Config files and others below the file root.',
  auth: 'Log in and out.',
  health: 'For those who run the service. Open to everybody.'
}

/** The document of these routes. */
export function buildDocument(
  routes: readonly DescribedRoute[],
  service: { title: string; version: string }
): OpenApiDocument {
  const paths: Record<string, PathItem> = {}
  const tags = new Set<string>()
  for (const route of healthLast(routes)) {
    const operation = operationOf(route)
    for (const tag of operation.tags) tags.add(tag)
    const path = pathOf(route.url)
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation }
  }
  return withComponentsInUse({
    openapi: '3.1.0',
    info: {
      title: service.title,
      version: service.version,
      description: DESCRIPTION,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' }
    },
    servers: [{ url: '/' }],
    security: [{ token: [] }],
    tags: [...tags].map((name) => ({ name, description: TAGS[name] ?? `Calls below /${name}.` })),
    paths,
    components: sharedComponents(routes.flatMap(refusalsOf))
  })
}

/** They are registered first, and are the last that a reader wants. */
function healthLast(routes: readonly DescribedRoute[]): DescribedRoute[] {
  const isHealth = ({ schema }: DescribedRoute) => schema.tags?.includes('health') === true
  return routes.toSorted((a, b) => Number(isHealth(a)) - Number(isHealth(b)))
}
