import { request } from 'undici'

export type Answer = {
  status: number
  headers: Record<string, string | string[] | undefined>
  body: { statusCode: number; message: string; data: unknown }
  /** The members of the error text. */
  error: Record<string, unknown>
}

type Options = {
  method?: 'GET' | 'POST' | 'DELETE' | 'HEAD' | 'PUT'
  headers?: Record<string, string>
  body?: string | Buffer
}

/** One call whose answer is an envelope. */
export async function call(url: string, options: Options = {}): Promise<Answer> {
  const response = await request(url, { method: 'GET', ...options })
  const text = await response.body.text()
  const body = text === '' ? { statusCode: 0, message: '', data: undefined } : JSON.parse(text)
  const error = typeof body.data === 'string' ? JSON.parse(body.data) : {}
  return { status: response.statusCode, headers: response.headers, body, error }
}

export type Part = {
  name?: string
  filename?: string
  type?: string
  content: string | Buffer
}

export const BOUNDARY = 'part-of-a-test'
export const FORM_TYPE = `multipart/form-data; boundary=${BOUNDARY}`

/** The bytes of a multipart form, without its end when `open` is asked for. */
export function formBytes(parts: readonly Part[], how: 'whole' | 'open' = 'whole'): Buffer {
  const pieces = parts.flatMap(({ name, filename, type, content }, index) => {
    const disposition = ['form-data']
    if (name !== undefined) disposition.push(`name="${name}"`)
    if (filename !== undefined) disposition.push(`filename="${filename}"`)
    const head = [
      `--${BOUNDARY}`,
      `Content-Disposition: ${disposition.join('; ')}`,
      ...(type === undefined ? [] : [`Content-Type: ${type}`])
    ]
    const start = `${index === 0 ? '' : '\r\n'}${head.join('\r\n')}\r\n\r\n`
    return [Buffer.from(start), Buffer.from(content)]
  })
  return Buffer.concat([...pieces, Buffer.from(how === 'open' ? '' : `\r\n--${BOUNDARY}--\r\n`)])
}

/** A file part as browsers and curl send it. */
export function filePart(content: string | Buffer, filename = 'a.txt'): Part {
  return { name: 'file', filename, type: 'application/octet-stream', content }
}

/** Uploads a form. */
export async function upload(
  base: string,
  query: Record<string, string>,
  parts: readonly Part[]
): Promise<Answer> {
  return call(`${base}/file/upload?${new URLSearchParams(query)}`, {
    method: 'POST',
    headers: { 'content-type': FORM_TYPE },
    body: formBytes(parts)
  })
}
