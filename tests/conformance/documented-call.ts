import { ok as assert } from 'node:assert/strict'

/** What a call needs to be there before it is made, made by `arrange.ts`. */
export type Given =
  | 'nothing'
  | 'config files'
  | 'a running Spark application'
  | 'a running Flink application'
  | 'a directory c://test'
  | 'a file c://test//test.txt'
  | 'an Azkaban session'
  | 'a running execution'
  | 'a running execution without an application'
  | 'an execution that has ended'

/** What was arranged: `applicationId`, `jobId` (of `/executor/v2`), `sessionId`, `execId`, where there is one. */
export type Facts = Readonly<
  Partial<Record<'applicationId' | 'jobId' | 'sessionId' | 'execId', string>>
>

/**
 * One call as the interface document prints it, in the document's order. In path and body `{applicationId}`,
 * `{sessionId}` and `{execId}` stand for what was arranged.
 */
export type DocumentedCall = {
  section: string
  method: 'GET' | 'POST'
  path: string
  body?: Readonly<Record<string, unknown>>
  /** Content of the multipart part `file`. */
  file?: string
  given: Given
  /** Throws when `data` is not what the document prints for success. */
  data(data: unknown, facts: Facts): void
}

/** A path or a body with the arranged facts in their places. */
export function filledIn<T>(template: T, facts: Facts): T {
  if (template === undefined) return template
  const text = JSON.stringify(template)
  const filled = text.replaceAll(
    /\{(applicationId|jobId|sessionId|execId)\}/g,
    (_, name: keyof Facts) => facts[name] ?? ''
  )
  return JSON.parse(filled) as T
}

export function isTrue(data: unknown): void {
  assert(data === true, `true, not ${JSON.stringify(data)}`)
}

/** The JSON value that `data` holds as a text. */
export function textOf(data: unknown): unknown {
  assert(typeof data === 'string', 'data is a text')
  return JSON.parse(data)
}
