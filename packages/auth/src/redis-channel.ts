import { setTimeout as pause } from 'node:timers/promises'
import { createClient } from '@redis/client'
import { SessionStoreUnavailable } from './session-lookup.ts'

/** How often Redis is asked whether the channel still carries. */
const BEAT_MS = 200
/** What was true when a question was sent is believed for this long; less than the second that is promised. */
export const LEASE_MS = 800
/** An answer that takes longer is no use: by then a caller should have had its 503. */
const ANSWER_LIMIT_MS = 400
const CONNECT_LIMIT_MS = 1000
/** A connection on which nothing comes for so long is given up. */
const SILENCE_LIMIT_MS = 2000
const FIRST_PAUSE_MS = 50
const LONGEST_PAUSE_MS = 1000
/** Questions under way at most; more are refused. */
const MOST_QUESTIONS = 20_000

/** What Redis said of a key. Times are milliseconds of `performance.now()`. */
export type KeyAnswer = {
  /** `null`: there is no such key. `undefined`: there is one, of a type that is not text. */
  value: string | null | undefined
  /** When the key ends by itself, at the earliest; `Infinity` when it does not. */
  endsAt: number
}

export type ChannelEvents = {
  /** A key that was asked for may be another one now, or gone; `null`: any of them. */
  onChange(key: string | null): void
  /** Nothing that was told before counts any more. */
  onLost(error: unknown): void
  /** Redis has answered for the first time since it was lost, or since the start. */
  onFound(): void
  /** Every BEAT_MS, whether Redis is there or not. */
  onBeat(): void
}

/** One connection to Redis that also tells when a key that was asked for changes. */
export type RedisChannel = {
  /** @throws SessionStoreUnavailable when there is no answer within ANSWER_LIMIT_MS */
  ask(key: string): Promise<KeyAnswer>
  /** All that was asked for was unchanged at this moment, or a change has been told; `-Infinity` while Redis is lost. */
  confirmedAt(): number
  close(): void
}

type Client = ReturnType<typeof connect>

/**
 * Keeps a connection with client-side caching (`CLIENT TRACKING`, RESP3): Redis sends changes on the connection that
 * carries the answers, and in order, so an answered PING proves that every change before it has been told. Questions go
 * over that same connection, else Redis would not track what they ask for.
 */
export function openRedisChannel(url: string, events: ChannelEvents): RedisChannel {
  const closing = new AbortController()
  let client: Client | undefined
  let confirmedAt = Number.NEGATIVE_INFINITY

  const confirm = (from: Client, askedAt: number) => {
    if (client !== from) return
    const isFirst = confirmedAt === Number.NEGATIVE_INFINITY
    confirmedAt = Math.max(confirmedAt, askedAt)
    if (isFirst) events.onFound()
  }

  async function keepOpen(): Promise<void> {
    let pauseMs = FIRST_PAUSE_MS
    while (!closing.signal.aborted) {
      const opened = connect(url)
      const broken = new Promise<never>((_resolve, reject) => opened.on('error', reject))
      opened.on('invalidate', (key: Buffer | string | null) => {
        if (client === opened) events.onChange(key === null ? null : key.toString())
      })
      try {
        await within(CONNECT_LIMIT_MS, Promise.race([opened.connect(), broken]))
        client = opened
        await Promise.race([beat(opened), broken])
      } catch (error) {
        client = undefined
        if (confirmedAt !== Number.NEGATIVE_INFINITY) pauseMs = FIRST_PAUSE_MS
        confirmedAt = Number.NEGATIVE_INFINITY
        if (!closing.signal.aborted) events.onLost(error)
      }
      if (opened.isOpen) opened.destroy()
      await rest(pauseMs).catch(() => {})
      pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)
    }
  }

  /** Ends only by an error: the connection breaks, a PING is refused or not answered. */
  async function beat(opened: Client): Promise<never> {
    for (;;) {
      const askedAt = performance.now()
      await within(SILENCE_LIMIT_MS, opened.ping())
      confirm(opened, askedAt)
      await rest(askedAt + BEAT_MS - performance.now())
    }
  }

  /** @throws AbortError when the channel is closed */
  const rest = (ms: number) => pause(ms, undefined, { signal: closing.signal, ref: false })

  const beats = setInterval(events.onBeat, BEAT_MS)
  beats.unref()
  void keepOpen()

  return {
    confirmedAt: () => confirmedAt,
    async ask(key) {
      const asked = client
      if (!asked) throw new SessionStoreUnavailable(new Error('Redis is not connected'))
      const askedAt = performance.now()
      try {
        const [value, ttlMs] = await within(
          ANSWER_LIMIT_MS,
          Promise.all([asked.get(key).catch(otherType), asked.pTTL(key)])
        )
        confirm(asked, askedAt)
        return keyAnswer(value, ttlMs, askedAt)
      } catch (error) {
        throw new SessionStoreUnavailable(error)
      }
    },
    close() {
      closing.abort()
      clearInterval(beats)
      if (client?.isOpen) client.destroy()
    }
  }
}

function connect(url: string) {
  return createClient({
    url,
    RESP: 3,
    emitInvalidate: true,
    disableOfflineQueue: true,
    commandsQueueMaxLength: 2 * MOST_QUESTIONS,
    // Connecting again is done here: a connection that swallows everything must be given up too.
    socket: { connectTimeout: CONNECT_LIMIT_MS, reconnectStrategy: false }
  })
}

/** A hash or another type: the record exists, only its value is not ours to read. */
function otherType(error: unknown): undefined {
  if (error instanceof Error && error.message.startsWith('WRONGTYPE')) return undefined
  throw error
}

function keyAnswer(value: unknown, ttlMs: unknown, askedAt: number): KeyAnswer {
  // Whatever answers otherwise there is no Redis, or answers somebody else's question.
  const isText = value === null || value === undefined || typeof value === 'string'
  if (!isText || typeof ttlMs !== 'number') throw new TypeError('not what GET and PTTL answer')
  // -2: it ended between the two; -1: it does not end; 0: it is about to.
  if (ttlMs === -2) return { value: null, endsAt: askedAt }
  return { value, endsAt: ttlMs === -1 ? Number.POSITIVE_INFINITY : askedAt + ttlMs }
}

/** @throws Error when `answer` takes longer than `limitMs` */
async function within<Answer>(limitMs: number, answer: Promise<Answer>): Promise<Answer> {
  let timer: NodeJS.Timeout | undefined
  const limit = new Promise<never>((_resolve, reject) => {
    const giveUp = () => reject(new Error(`no answer within ${limitMs} ms`))
    // A process that was held up reads first what has come in the meantime.
    timer = setTimeout(() => setImmediate(() => setImmediate(giveUp)), limitMs)
  })
  try {
    return await Promise.race([answer, limit])
  } finally {
    clearTimeout(timer)
  }
}
