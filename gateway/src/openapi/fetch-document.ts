import type { OpenApiDocument, PathItem } from '@scheduler-task/service-base/openapi/document'
import { z } from 'zod'
import type { Upstream } from '../proxy/upstream.ts'

const TIMEOUT_MS = 2000
const MOST_BYTES = 2 * 1024 * 1024

const record = <Value extends z.ZodType>(value: Value) => z.record(z.string(), value)

/** As much of a document as joining it takes; the rest is passed on as it is. */
const documentAnswer = z.looseObject({
  openapi: z.string().startsWith('3.1.'),
  tags: z.array(z.looseObject({ name: z.string() })).optional(),
  paths: record(
    record(z.looseObject({ tags: z.array(z.string()), responses: record(z.looseObject({})) }))
  ),
  components: record(record(z.looseObject({}))).optional()
})

export type ServiceDocument = Pick<OpenApiDocument, 'tags' | 'components'> & {
  paths: Record<string, PathItem>
}

/** A service's own document, or why it cannot be shown. */
export async function fetchDocument(
  upstream: Upstream
): Promise<{ document: ServiceDocument } | { away: string }> {
  if (upstream.isFull()) return { away: 'has more calls waiting than it can take' }
  const signal = AbortSignal.timeout(TIMEOUT_MS)
  try {
    const { statusCode, body } = await upstream.get('/openapi.json', signal)
    const text = await readText(body)
    if (statusCode !== 200) return { away: 'shows no document' }
    const parsed = documentAnswer.safeParse(JSON.parse(text))
    if (!parsed.success) return { away: 'shows a document that cannot be read' }
    return { document: parsed.data as unknown as ServiceDocument }
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TooLong) {
      return { away: 'shows a document that cannot be read' }
    }
    return { away: signal.aborted ? 'has not answered in time' : 'cannot be reached' }
  }
}

class TooLong extends Error {}

async function readText(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of body) {
    bytes += chunk.length
    // Leaving the loop ends the connection.
    if (bytes > MOST_BYTES) throw new TooLong(`more than ${MOST_BYTES} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
