import { randomFillSync } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'

/** The trace that a call belongs to, as https://www.w3.org/TR/trace-context/ passes it on. */
export type TraceContext = Readonly<{
  traceparent: string
  /** As it came, for whoever understands it. */
  tracestate: string | undefined
  /** 32 hexadecimal digits: what log lines name. */
  traceId: string
}>

/** Version 00 ends after the flags; what a later version adds stands behind another hyphen. */
const TRACEPARENT =
  /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-.*)?$/
/** A field longer than this is nothing that a tracer writes. */
const MOST_TRACEPARENT = 512

/**
 * The caller's trace, passed on unchanged: this gateway records no spans, so that the caller's stays the parent. Where
 * there is none, or one that is not valid, a new one begins, which nobody has recorded (flag 00), and a `tracestate`
 * without its `traceparent` is dropped.
 * @param newTraceId 32 hexadecimal digits to take for a new trace, not all of them 0
 */
export function traceContextFrom(
  headers: IncomingHttpHeaders,
  newTraceId: string | undefined
): TraceContext {
  const { traceparent } = headers
  if (typeof traceparent === 'string' && traceparent.length <= MOST_TRACEPARENT) {
    const [, version, traceId, more] = TRACEPARENT.exec(traceparent) ?? []
    if (traceId && (version !== '00' || more === undefined)) {
      const { tracestate } = headers
      return { traceparent, tracestate: [tracestate].flat().join(',') || undefined, traceId }
    }
  }
  const traceId = newTraceId ?? randomHex(16)
  return { traceparent: `00-${traceId}-${randomHex(8)}-00`, tracestate: undefined, traceId }
}

/** Asked for a thousand times, the system answers each time at the same price as for one. */
const pool = Buffer.alloc(4096)
let used = pool.length

/** Not all of them 0: neither kind of id may be. */
function randomHex(bytes: number): string {
  if (used + bytes > pool.length) {
    randomFillSync(pool)
    used = 0
  }
  const text = pool.toString('hex', used, used + bytes)
  used += bytes
  return /^0+$/.test(text) ? randomHex(bytes) : text
}
