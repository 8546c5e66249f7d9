import type { Agent, Dispatcher } from 'undici'
import {
  connectionError,
  ERROR_BODY_BYTES,
  HttpCallError,
  openAnswer,
  readBounded
} from './http-call.ts'
import { NmError, nmRefusal } from './nm-errors.ts'
import { TimeLimitReached, withinTime } from './time-limit.ts'

/** A NodeManager points to the log server, which may point to the right one of its kind. */
const MAX_REDIRECTS = 3
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])

export interface NmCallOptions {
  agent: Agent
  user: string
  timeoutMs: number
  /** What the errors call who was asked; NodeManager. */
  who?: string
}

export interface NmQuestion<T> {
  url: string
  /** Container log files must be asked for without: the NodeManager answers 500 to it. */
  accept?: string
  /** Reads the body of a 2xx answer; what it leaves is not read. */
  take: (body: Dispatcher.ResponseData['body'], signal: AbortSignal) => Promise<T>
}

/**
 * GET with the limits and errors of `NodeManagerLogs`. A redirect (to the log server, once the
 * NodeManager has forgotten the container) is followed by hand, to http and https only.
 */
export function createNmCalls(options: NmCallOptions) {
  const { agent, user, timeoutMs, who = 'NodeManager' } = options

  async function follow<T>(question: NmQuestion<T>, signal: AbortSignal): Promise<T> {
    const headers = question.accept === undefined ? {} : { accept: question.accept }
    let url = new URL(question.url)
    for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects += 1) {
      url.searchParams.set('user.name', user)
      const answer = await openAnswer(agent, { method: 'GET', url: url.href, headers }, signal)
      const { status, header, body } = answer
      if (status >= 200 && status < 300) return await question.take(body, signal)
      const text = (await readBounded(body, ERROR_BODY_BYTES, signal)).bytes.toString('utf8')
      if (!REDIRECTS.has(status))
        throw nmRefusal(status, text, { authenticate: header('www-authenticate'), who })
      url = redirectTarget(header('location')[0], url, { status, text, who })
    }
    throw new NmError('NM_NONSENSE', `${who} redirects in circles`)
  }

  return {
    /** Rejects with `NmError`, or with the reason of the caller's signal. */
    ask: async <T>(question: NmQuestion<T>, signal?: AbortSignal): Promise<T> => {
      try {
        return await withinTime(timeoutMs, signal, (limit) => follow(question, limit))
      } catch (error) {
        signal?.throwIfAborted()
        throw asNmError(error, who)
      }
    }
  }
}

function redirectTarget(
  location: string | undefined,
  from: URL,
  { who, ...details }: { status: number; text: string; who: string }
): URL {
  const url =
    location !== undefined && URL.canParse(location, from.href)
      ? new URL(location, from)
      : undefined
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url
  throw new NmError('NM_NONSENSE', `${who} redirects to nowhere that can be asked`, details)
}

function asNmError(error: unknown, who: string): unknown {
  if (error instanceof NmError) return error
  if (error instanceof TimeLimitReached) {
    return new NmError('NM_TIMEOUT', `${who} gave no answer in time`, { cause: error })
  }
  const cause = error instanceof HttpCallError ? error : connectionError(error)
  return new NmError(`NM_${cause.fault}`, `${who} cannot be read (${cause.message})`, {
    cause
  })
}
