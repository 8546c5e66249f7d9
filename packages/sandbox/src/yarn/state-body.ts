import { RemoteException, unsupported } from './remote-exception.ts'

export interface TargetState {
  /** undefined where the member is missing, which the server trips over only later. */
  readonly state: string | undefined
  readonly diagnostics: string
}

/**
 * Reads the body of `PUT /apps/{id}/state` as JAXB does, with its texts for what it cannot read
 * (§4.8). Throws RemoteException.
 */
export function parseTargetState(body: string, contentType: string | undefined): TargetState {
  const type = contentType?.split(';')[0]?.trim().toLowerCase()
  if (type === undefined) throw noReader()
  if (type === 'application/xml' || type === 'text/xml') return parseXml(body)
  if (type !== 'application/json') throw unsupported()
  const value = parseJson(body)
  return { state: textOf(value.state), diagnostics: textOf(value.diagnostics) ?? '' }
}

function parseXml(body: string): TargetState {
  const member = (name: string) => new RegExp(`<${name}>([^<]*)</${name}>`).exec(body)?.[1]
  return { state: member('state'), diagnostics: member('diagnostics') ?? '' }
}

interface JsonBody {
  readonly state?: unknown
  readonly diagnostics?: unknown
}

function parseJson(body: string): JsonBody {
  if (body.trim() === '') {
    throw unreadable(
      'javax.xml.bind.UnmarshalException: Error creating JSON-based XMLStreamReader\n - with linked exception:\n[javax.xml.stream.XMLStreamException: JSON expression can not be empty!]'
    )
  }
  const value = tryParse(body)
  if (value === undefined) throw syntaxError(body)
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  throw linked('java.lang.NullPointerException: Cannot read field "name" because "pi" is null')
}

function tryParse(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}

function syntaxError(body: string): RemoteException {
  const open = /^\s*\{(?:[^"]|"[^"]*")*$/.test(body) && !body.trimEnd().endsWith('}')
  const at = ` at [Source: (BufferedReader); line: 1, column: ${body.length + 1}]`
  return linked(
    open
      ? `com.fasterxml.jackson.core.io.JsonEOFException: Unexpected end-of-input within/between Object entries\n${at}`
      : `com.fasterxml.jackson.core.JsonParseException: Unexpected character\n${at}`
  )
}

function linked(cause: string): RemoteException {
  return unreadable(
    `javax.xml.bind.UnmarshalException\n - with linked exception:\n[javax.xml.stream.XMLStreamException: ${cause}]`
  )
}

function unreadable(text: string): RemoteException {
  return new RemoteException('WebApplicationException', text, { status: 400 })
}

function noReader(): RemoteException {
  const dao = 'org.apache.hadoop.yarn.server.resourcemanager.webapp.dao.AppState'
  return new RemoteException(
    'WebApplicationException',
    `com.sun.jersey.api.MessageException: A message body reader for Java class ${dao}, and Java type class ${dao}, and MIME media type application/octet-stream was not found.\n`
  )
}

function textOf(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined
  return typeof value === 'object' ? '' : String(value)
}
