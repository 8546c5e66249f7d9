import { Agent, request } from 'undici'

/** What a client got; `body` is JSON, or the text when it is none. */
export type Reply = Readonly<{ http: number; body: Record<string, unknown>; retryAfter: boolean }>

export type Via = 'gateway' | 'direct'

/** A job as `GET /executor/v2/jobs` lists it, as far as the harness reads it. */
export type JobView = Readonly<{
  id: string
  taskName: string
  state: string
  reason: string | null
  reasonText: string | null
  acceptedAt: string
  changedAt: string
  applicationId: string | null
  stale: Readonly<{ reason: string; since: string | null }> | null
  outcome: string | null
  replaces: string | null
  tags: Readonly<{ installation: string; submission: string }>
  operation: Readonly<{ kind: string; problem: string | null }> | null
}>

/** The public HTTP interface, as scripts use it. All calls reject when the connection does not give an answer. */
export interface Api {
  post: (path: string, body?: unknown, options?: CallOptions) => Promise<Reply>
  get: (path: string, options?: CallOptions) => Promise<Reply>
  /** All jobs, from the last one accepted to the first. */
  jobs: (filter?: string) => Promise<JobView[]>
  /** How many jobs there are of a filter. */
  count: (filter: string) => Promise<number>
}

export type CallOptions = Readonly<{ via?: Via; key?: string; timeoutMs?: number }>

const LIMIT_MS = 30_000
const PAGE = 500

/** Ends with the run. */
export function createApi(
  urls: Readonly<Record<Via, string>>,
  token: string
): Api & { close: () => Promise<void> } {
  const dispatcher = new Agent({ connections: null, pipelining: 1, connect: { timeout: 5000 } })

  async function call(
    method: 'GET' | 'POST',
    path: string,
    body: unknown,
    { via = 'direct', key, timeoutMs = LIMIT_MS }: CallOptions = {}
  ): Promise<Reply> {
    const {
      statusCode,
      headers,
      body: stream
    } = await request(urls[via] + path, {
      method,
      dispatcher,
      headers: {
        token,
        ...(key !== undefined && { 'idempotency-key': key }),
        ...(body !== undefined && { 'content-type': 'application/json' })
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(timeoutMs)
    })
    const text = await stream.text()
    return { http: statusCode, body: parsed(text), retryAfter: 'retry-after' in headers }
  }

  async function page(filter: string, limit: number, cursor?: string) {
    const after = cursor === undefined ? '' : `&cursor=${encodeURIComponent(cursor)}`
    const reply = await call('GET', `/executor/v2/jobs?limit=${limit}${filter}${after}`, undefined)
    if (reply.http !== 200) throw new Error(`the list was answered ${reply.http}`)
    return reply.body as { items: JobView[]; nextCursor: string | null; total: number }
  }

  return {
    post: (path, body, options) => call('POST', path, body, options),
    get: (path, options) => call('GET', path, undefined, options),
    jobs: async (filter = '') => {
      const found: JobView[] = []
      let cursor: string | undefined
      do {
        const { items, nextCursor } = await page(filter, PAGE, cursor)
        found.push(...items)
        cursor = nextCursor ?? undefined
      } while (cursor !== undefined)
      return found
    },
    count: async (filter) => (await page(filter, 1)).total,
    close: () => dispatcher.destroy()
  }
}

function parsed(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>
  } catch {
    return { text }
  }
}
