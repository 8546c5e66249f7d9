import type { ServerResponse } from 'node:http'
import { AzkabanError } from '../domain/azkaban.ts'

/** A piece of a log up to this size needs no room of its own. */
const SMALL_BYTES = 64 * 1024

export type LargeAnswerLimits = Readonly<{
  /** Of logs, asked for by all calls that are under way; an answer takes several times as much on its way. */
  totalBytes: number
  /** How long a call waits for room. */
  waitMs: number
  /** From then until the caller has read all of its answer. */
  readMs: number
}>

export interface LargeAnswers {
  /**
   * Waits for room for a piece of a log; it is given back when the response is over.
   * Rejects with `AzkabanError` when there is none in time, or with the signal's reason.
   */
  room: (
    bytes: number,
    response: Pick<ServerResponse, 'once' | 'destroy' | 'destroyed'>,
    signal: AbortSignal
  ) => Promise<void>
}

type Waiting = { bytes: number; grant: () => void }

/** Bounds the memory of large answers: those that are fetched, and those that slow callers have not read yet. */
export function createLargeAnswers({
  totalBytes,
  waitMs,
  readMs
}: LargeAnswerLimits): LargeAnswers {
  let taken = 0
  let waiting: Waiting[] = []

  const fits = (bytes: number) => taken === 0 || taken + bytes <= totalBytes

  function serve(): void {
    // First come, first served: else a stream of smaller ones would leave a large one waiting for ever.
    for (let next = waiting[0]; next && fits(next.bytes); next = waiting[0]) {
      waiting = waiting.slice(1)
      taken += next.bytes
      next.grant()
    }
  }

  function turn(bytes: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = (reason: unknown) => {
        waiting = waiting.filter((other) => other !== one)
        done()
        reject(reason)
        serve()
      }
      const onAbort = () => leave(signal.reason)
      const timer = setTimeout(() => {
        const text = `too many large pieces of logs are being read; none was done within ${waitMs} ms`
        leave(new AzkabanError('BUSY', text))
      }, waitMs)
      const done = () => {
        clearTimeout(timer)
        signal.removeEventListener('abort', onAbort)
      }
      const one = {
        bytes,
        grant: () => {
          done()
          resolve()
        }
      }
      signal.addEventListener('abort', onAbort, { once: true })
      waiting.push(one)
      serve()
    })
  }

  return {
    room: async (bytes, response, signal) => {
      if (bytes <= SMALL_BYTES) return
      signal.throwIfAborted()
      await turn(bytes, signal)
      const giveBack = () => {
        clearTimeout(limit)
        taken -= bytes
        serve()
      }
      const limit = setTimeout(() => response.destroy(), readMs)
      if (response.destroyed) giveBack()
      else response.once('close', giveBack)
    }
  }
}
