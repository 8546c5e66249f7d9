import { Pool } from 'undici'
import { HttpCallError, httpCall } from './http-call.ts'
import { type NotActive, type RmAnswer, readRmAnswer } from './rm-answers.ts'
import type { RmBase } from './rm-base-urls.ts'
import { RmError } from './rm-errors.ts'
import { TimeLimitReached, withinTime } from './time-limit.ts'

export interface RmQuestion {
  method: 'GET' | 'PUT'
  /** Below `/ws/v1/cluster`, with a leading slash, already encoded. */
  path: string
  query?: URLSearchParams
  body?: unknown
  maxBodyBytes: number
  /** Reads the body of a 2xx answer bit by bit, where that is possible; with `false` it is read as a whole. */
  take?: (bytes: Buffer, signal: AbortSignal) => Promise<boolean>
  /** Says why an answer is not that of an active ResourceManager; `undefined` when it is. */
  notActive?: (answer: RmAnswer) => NotActive | undefined
}

export interface RmFailoverOptions {
  /** Base addresses, `http://rm1:8088`; checked by `rmBaseUrls`. */
  bases: readonly RmBase[]
  user: string
  connectTimeoutMs: number
  timeoutMs: number
  connections: number
}

export interface RmFailover {
  ask: (question: RmQuestion, signal?: AbortSignal) => Promise<RmAnswer>
  close: () => Promise<void>
}

/**
 * Asks the ResourceManager that answered last, then every other one once.
 *
 * Redirects are never followed as such: path and query are rebuilt on a configured address (2.7
 * drops the query, and the host in `Location` is the cluster's inner name), so a circle ends after
 * one round, and a foreign host is never called. The time limit is for the whole round: each may use
 * its share of what is left, so that one that hangs leaves some to the next.
 */
export function createRmFailover(options: RmFailoverOptions): RmFailover {
  const { bases, user, connectTimeoutMs, timeoutMs, connections } = options
  const members = bases.map((base, index) => ({
    index,
    base,
    pool: new Pool(base.origin, {
      connections,
      connect: { timeout: connectTimeoutMs },
      // The wall limit covers both, and their timers are coarse.
      headersTimeout: 0,
      bodyTimeout: 0
    })
  }))
  let active = 0

  type Member = (typeof members)[number]

  async function askOne({ base, pool }: Member, question: RmQuestion, signal: AbortSignal) {
    const url = `${base.origin}${base.path}/ws/v1/cluster${question.path}`
    const query = new URLSearchParams(question.query)
    query.set('user.name', user)
    const body = question.body === undefined ? undefined : JSON.stringify(question.body)
    const answer = await httpCall(
      pool,
      {
        method: question.method,
        url: `${url}?${query}`,
        headers: {
          accept: 'application/json',
          ...(body !== undefined && { 'content-type': 'application/json' })
        },
        body,
        maxBodyBytes: question.maxBodyBytes
      },
      signal
    )
    const { status, bytes } = answer
    const isAnswer = status >= 200 && status < 300
    if (isAnswer && (await question.take?.(bytes, signal))) {
      return { status, text: '', json: undefined }
    }
    const read = readRmAnswer(answer)
    return 'json' in read ? (question.notActive?.(read) ?? read) : read
  }

  async function ask(question: RmQuestion, signal?: AbortSignal): Promise<RmAnswer> {
    const endsAt = performance.now() + timeoutMs
    const untried = new Set(members)
    const faults: NotActive[] = []
    for (let asked = members[active]; asked; ) {
      const current: Member = asked
      const shareMs = Math.max(1, (endsAt - performance.now()) / untried.size)
      untried.delete(current)
      try {
        const found = await withinTime(shareMs, signal, (limit) => askOne(current, question, limit))
        if ('json' in found) {
          active = current.index
          return found
        }
        faults.push(found)
      } catch (error) {
        signal?.throwIfAborted()
        // A refusal is an answer, too.
        if (error instanceof RmError) active = current.index
        faults.push(asFault(error))
      }
      asked = next([...untried], current.index, faults.at(-1)?.location)
    }
    throw summary(faults)
  }

  return {
    ask,
    close: async () => {
      await Promise.all(members.map(({ pool }) => pool.destroy()))
    }
  }
}

/** The one a redirect names when it is configured, else the next one that was not asked yet. */
function next<T extends { index: number; base: RmBase }>(
  untried: readonly T[],
  current: number,
  location: string | undefined
): T | undefined {
  const host = location !== undefined && URL.canParse(location) ? new URL(location).host : undefined
  const named = untried.find(({ base }) => base.host === host)
  return named ?? untried.find(({ index }) => index > current) ?? untried[0]
}

function asFault(error: unknown): NotActive {
  if (error instanceof TimeLimitReached) {
    return { reason: 'RM_TIMEOUT', detail: 'gave no answer in time' }
  }
  if (!(error instanceof HttpCallError)) throw error
  if (error.fault === 'TOO_LARGE') {
    throw new RmError('RM_TOO_LARGE', `ResourceManager: ${error.message}`, { cause: error })
  }
  return { reason: `RM_${error.fault}`, detail: `cannot be reached (${error.message})` }
}

/** The most telling fault of a round gives the reason: one that was there over one that was not. */
const TELLING = ['RM_STANDBY', 'RM_TIMEOUT', 'RM_NONSENSE', 'RM_UNREACHABLE'] as const

function summary(faults: readonly NotActive[]): RmError {
  const reason = TELLING.find((one) => faults.some((fault) => fault.reason === one))
  const told = faults.find((fault) => fault.reason === reason)
  const details = faults.map(({ detail }) => `one ${detail}`).join(', ')
  const message =
    faults.length === 1
      ? `ResourceManager ${told?.detail}`
      : `None of ${faults.length} ResourceManagers is active: ${details}`
  const { status, text } = told ?? {}
  return new RmError(reason ?? 'RM_UNREACHABLE', message, { status, text })
}
