/** A JSON Schema or another part of a document that is passed on as it is. */
export type JsonObject = { [name: string]: unknown }

export type OperationObject = {
  operationId: string
  summary: string
  description?: string
  tags: string[]
  /** Absent: the document's own. Empty: open to everybody. */
  security?: JsonObject[]
  parameters?: JsonObject[]
  requestBody?: JsonObject
  responses: Record<string, JsonObject>
}

/** By method, in lower case. */
export type PathItem = Record<string, OperationObject>

/** The part of OpenAPI 3.1 that documents here are made of. */
export type OpenApiDocument = {
  openapi: string
  info: { title: string; version: string; description?: string; license?: JsonObject }
  servers?: JsonObject[]
  security?: JsonObject[]
  tags?: { name: string; description?: string }[]
  paths: Record<string, PathItem>
  components?: Record<string, Record<string, JsonObject>>
}

/** What a name in `components` is referred to by. */
export function refTo(kind: string, name: string): { $ref: string } {
  return { $ref: `#/components/${kind}/${name}` }
}
