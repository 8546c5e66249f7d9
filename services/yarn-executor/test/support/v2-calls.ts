import { until } from '@scheduler-task/test-support/until'
import { request } from 'undici'

type Headers = Record<string, string | string[]>

export type V2Answer = {
  http: number
  headers: Record<string, string | string[] | undefined>
  /** What the body says, read as JSON; empty when it is none. */
  // biome-ignore lint/suspicious/noExplicitAny: a test looks at what there is
  body: any
  text: string
}

/** Calls below /executor/v2 of a service. */
export function v2Calls(url: string, given: Headers = {}) {
  async function call(method: 'GET' | 'POST', path: string, body?: unknown, headers?: Headers) {
    const answer = await request(`${url}/executor/v2${path}`, {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...given,
        ...headers
      },
      ...(body === undefined
        ? {}
        : { body: typeof body === 'string' ? body : JSON.stringify(body) })
    })
    const text = await answer.body.text()
    const isJson = /json/.test(String(answer.headers['content-type']))
    return {
      http: answer.statusCode,
      headers: answer.headers,
      body: isJson ? JSON.parse(text) : {},
      text
    } satisfies V2Answer
  }
  const get = (path: string, headers?: Headers): Promise<V2Answer> =>
    call('GET', path, undefined, headers)
  const post = (path: string, body?: unknown, headers?: Headers): Promise<V2Answer> =>
    call('POST', path, body, headers)
  return {
    get,
    post,
    submit: (taskName: string, more: Record<string, unknown> = {}, headers: Headers = {}) =>
      post('/jobs', { engine: 'spark', configFile: 'endless.conf', taskName, ...more }, headers),
    /** The job once it is in a state. */
    inState: (id: string, ...states: string[]) =>
      until(`job ${id} is ${states}`, async () => {
        const { body } = await get(`/jobs/${id}`)
        return states.includes(body.state) && body
      })
  }
}
