import { z } from 'zod'
import { SUCCESS } from './codes.ts'

/** What every v1 call answers: these three keys in this order. */
export type Envelope<Data = unknown> = { statusCode: number; message: string; data: Data }

/** The schema of an envelope around `data`, for routes and for the OpenAPI document. */
export function envelopeOf<Data extends z.ZodType>(data: Data) {
  return z.object({
    statusCode: z.int().describe('200 on success, else the code of the failure'),
    message: z.string().describe('In Chinese, as in the interface document'),
    data
  })
}

/** Success around `data`. */
export function ok<Data>(data: Data): Envelope<Data> {
  return { statusCode: SUCCESS.statusCode, message: SUCCESS.message, data }
}

/** A failure with its code and message; `data` is the error text. */
export function fail(
  failure: { statusCode: number; message: string },
  data: string
): Envelope<string> {
  return { statusCode: failure.statusCode, message: failure.message, data }
}

/**
 * The text that stands in `data` on a failure: a JSON string holding an object with `error` first, as in Azkaban's
 * own errors, then `code` and `requestId`, then what else is known.
 */
export function errorText(error: {
  error: string
  code: string
  requestId: string
  fields?: Readonly<Record<string, unknown>>
}): string {
  return JSON.stringify({
    error: error.error,
    code: error.code,
    requestId: error.requestId,
    ...error.fields
  })
}
