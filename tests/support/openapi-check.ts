import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import { request } from 'undici'

/** An answer as a client sees it, and what it was the answer to. */
export type SeenAnswer = {
  method: string
  /** With its query. */
  path: string
  status: number
  headers: Record<string, string | string[] | undefined>
  text: string
}

type Schema = Record<string, unknown>
type Header = { required?: boolean; schema?: Schema }
type Content = Record<string, { schema?: Schema }>
type Referring<Part> = Part & { $ref?: string }
type Described = { headers?: Record<string, Referring<Header>>; content?: Content }
type Call = { responses: Record<string, Referring<Described>> }

/** The part of a document that answers are checked against. */
export type CheckedDocument = {
  paths: Record<string, Record<string, Call>>
  components: {
    schemas: Record<string, Schema>
    headers: Record<string, Header>
    responses: Record<string, Described>
  }
}

/** Says what in an answer is not as a document says; an empty list when all is. */
export type AnswerCheck = (seen: SeenAnswer) => string[]

/** Statuses that any request may be answered, whatever it asks for: the document's description names them. */
const NOT_READABLE: ReadonlySet<number> = new Set([408, 414, 417, 431, 501])

/** A check of answers against an OpenAPI 3.1 document: path, method, status, headers, content type, body. */
export function createAnswerCheck(document: CheckedDocument): AnswerCheck {
  const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false })
  const compiled = new Map<unknown, ValidateFunction>()
  const templates = Object.keys(document.paths)
    .map((path) => ({ path, matches: templateOf(path) }))
    .sort((a, b) => parametersIn(a.path) - parametersIn(b.path))

  const problemsWith = (schema: Schema, value: unknown, what: string): string[] => {
    let validate = compiled.get(schema)
    if (!validate) {
      validate = ajv.compile({ ...schema, components: document.components })
      compiled.set(schema, validate)
    }
    if (validate(value)) return []
    return (validate.errors ?? []).map(
      ({ instancePath, message }) => `${what}${instancePath} ${message}`
    )
  }
  const failure: Content = {
    'application/json': { schema: { $ref: '#/components/schemas/Failure' } }
  }

  function outsideOfCalls(seen: SeenAnswer, allowed: string[]): string[] {
    const expected = allowed.length > 0 ? [405] : [404]
    // What cannot be a path is refused before anybody looks for it.
    const statuses = [...expected, 400, ...NOT_READABLE]
    if (!statuses.includes(seen.status)) return [`${seen.status} where only ${statuses} may be`]
    const named = String(seen.headers.allow ?? '').split(', ')
    const missing = seen.status === 405 ? allowed.filter((method) => !named.includes(method)) : []
    return [
      ...missing.map((method) => `Allow does not name ${method}`),
      ...(named.includes(seen.method) ? [`Allow names ${seen.method}`] : []),
      ...bodyProblems(seen, failure)
    ]
  }

  function bodyProblems(seen: SeenAnswer, content: Content | undefined): string[] {
    if (seen.method === 'HEAD') return seen.text === '' ? [] : ['a HEAD has a body']
    const given = String(seen.headers['content-type'] ?? '')
    const type = given.split(';')[0] ?? ''
    if (!content) return seen.text === '' ? [] : ['a body, where none is described']
    const described = content[type]
    if (!described) return [`content type "${given}", where only ${Object.keys(content)} may be`]
    if (type !== 'application/json') return []
    const value = parsed(seen.text)
    if (value === undefined) return ['a body that is not JSON']
    return [...problemsWith(described.schema ?? {}, value, 'body'), ...errorTextProblems(value)]
  }

  /** JSON Schema takes the schema of a text's content for a mere remark. */
  function errorTextProblems(value: unknown): string[] {
    const { statusCode, data } = value as { statusCode?: unknown; data?: unknown }
    if (statusCode === undefined || statusCode === 200 || typeof data !== 'string') return []
    const text = parsed(data)
    const ours = typeof text === 'object' && text !== null && 'requestId' in text
    const { ErrorText } = document.components.schemas
    return ours && ErrorText ? problemsWith(ErrorText, text, 'error text') : []
  }

  function headerProblems(seen: SeenAnswer, headers: Described['headers']): string[] {
    return Object.entries(headers ?? {}).flatMap(([name, given]) => {
      const header = given.$ref ? document.components.headers[nameIn(given.$ref)] : given
      const value = seen.headers[name.toLowerCase()]
      if (value === undefined) return header?.required ? [`no header ${name}`] : []
      return problemsWith(header?.schema ?? {}, value, name)
    })
  }

  return (seen) => {
    const path = seen.path.split('?')[0] ?? ''
    const item = templates.find(({ matches }) => matches.test(path))
    const calls = item ? (document.paths[item.path] ?? {}) : {}
    const isHead = seen.method === 'HEAD' && seen.status !== 405
    const call = calls[isHead ? 'get' : seen.method.toLowerCase()]
    if (!call) {
      return outsideOfCalls(
        seen,
        Object.keys(calls).map((method) => method.toUpperCase())
      )
    }
    if (NOT_READABLE.has(seen.status) && !call.responses[seen.status]) {
      return bodyProblems(seen, failure)
    }
    const given = call.responses[seen.status]
    const answer = given?.$ref ? document.components.responses[nameIn(given.$ref)] : given
    if (!answer) return [`status ${seen.status}, where only ${Object.keys(call.responses)} may be`]
    return [...headerProblems(seen, answer.headers), ...bodyProblems(seen, answer.content)]
  }
}

/** Checks answers of services against the document that each shows at its address; throws for the first that is not. */
export function createDocumentChecks(): (url: string, seen: SeenAnswer) => Promise<void> {
  const checks = new Map<string, Promise<AnswerCheck>>()
  return async (url, seen) => {
    const check = checks.get(url) ?? answerCheckOf(url)
    checks.set(url, check)
    assertDescribed(await check, seen)
  }
}

async function answerCheckOf(url: string): Promise<AnswerCheck> {
  const response = await request(`${url}/openapi.json`)
  if (response.statusCode !== 200) throw new Error(`${url} shows no document`)
  return createAnswerCheck((await response.body.json()) as CheckedDocument)
}

/** Throws for an answer that its service's document does not describe. */
export function assertDescribed(check: AnswerCheck, seen: SeenAnswer): void {
  const problems = check(seen)
  if (problems.length === 0) return
  const what = `${seen.method} ${seen.path.slice(0, 200)} → ${seen.status} ${seen.text.slice(0, 300)}`
  throw new Error(`not as its OpenAPI document says: ${what}\n  ${problems.join('\n  ')}`)
}

function nameIn(ref: string): string {
  return ref.split('/').at(-1) ?? ''
}

function templateOf(path: string): RegExp {
  const source = path
    .split(/\{\w+\}/)
    .map((text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .join('[^/]+')
  return new RegExp(`^${source}$`)
}

function parametersIn(path: string): number {
  return path.split('{').length
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}
