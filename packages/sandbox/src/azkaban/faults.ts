import { z } from 'zod'

const where = {
  /** `ajax` name of the calls that are hit, `login` for the log-in; default all. */
  ajax: z.string().min(1).max(100).optional(),
  /** Calls that are hit before the fault is over; absent = until it is taken away. */
  times: z.number().int().min(1).max(1_000_000).optional(),
  /** Calls that are let through first. */
  skip: z.number().int().min(0).max(1_000_000).default(0)
}

const callFault = z.discriminatedUnion('kind', [
  /** 200 with the HTML log-in page. */
  z.strictObject({ kind: z.literal('login-page'), ...where }),
  /** Jetty's page with that message as reason. */
  z.strictObject({
    kind: z.literal('page-500'),
    ...where,
    message: z.string().max(4000).default('Internal error')
  }),
  /** The caller's session is gone. */
  z.strictObject({ kind: z.literal('session-lost'), ...where }),
  /** The right head, half of the body, then the connection is gone. */
  z.strictObject({ kind: z.literal('cut'), ...where }),
  /** No answer ever, and nothing is done. */
  z.strictObject({ kind: z.literal('hang'), ...where }),
  /** Everything happens so much later. */
  z.strictObject({ kind: z.literal('slow'), ...where, ms: z.number().int().min(0).max(600_000) }),
  /** The connection is reset, and nothing is done. */
  z.strictObject({ kind: z.literal('reset'), ...where }),
  /** It is done, but the connection ends without an answer. */
  z.strictObject({ kind: z.literal('drop-after-accept'), ...where }),
  /** 200 without a body; nothing is done. */
  z.strictObject({ kind: z.literal('empty'), ...where }),
  /** 200 with something that is no JSON; nothing is done. */
  z.strictObject({ kind: z.literal('garbage'), ...where }),
  /** A body of that many bytes, streamed. */
  z.strictObject({
    kind: z.literal('huge'),
    ...where,
    bytes: z.number().int().min(1).max(1_000_000_000).default(100_000_000)
  }),
  /** 200 with that text under `error`; nothing is done. */
  z.strictObject({ kind: z.literal('error'), ...where, text: z.string().max(100_000) })
])
export type CallFault = z.output<typeof callFault>

/** Cancels that do not do what they say (§8). */
const cancelFault = z.discriminatedUnion('kind', [
  /** Answers as if done; the run goes on. */
  z.strictObject({ kind: z.literal('cancel-lies'), ...where }),
  /** Cancels, and answers an error. */
  z.strictObject({ kind: z.literal('cancel-refused-but-cancelled'), ...where }),
  /** A queued run is in the dispatcher's hands: "isn't running", and then it starts. */
  z.strictObject({ kind: z.literal('cancel-too-early'), ...where })
])
type CancelFault = z.output<typeof cancelFault>

const fault = z.discriminatedUnion('kind', [callFault, cancelFault])
export type AzkabanFault = z.input<typeof fault>

const faultList = z.strictObject({
  faults: z.array(fault).max(100),
  hits: z.array(z.number()).optional()
})

interface ActiveFault {
  readonly fault: CallFault | CancelFault
  /** Calls that ran into it. */
  hits: number
  /** Calls that were let through. */
  passed: number
}

/** The faults that are switched on. */
export interface AzkabanFaultBook {
  /** Switches one more on; throws a ZodError for what is no fault. */
  add(fault: AzkabanFault): void
  /** Replaces all of them by a parsed JSON text. */
  replace(json: unknown): void
  clear(): void
  list(): readonly ActiveFault[]
  /** The first fault for a call, counted as hit. */
  take(ajax: string): CallFault | undefined
  /** Whether a cancel is hit by a fault of that kind; counted when it is. */
  takeCancel(kind: CancelFault['kind']): boolean
}

export function createAzkabanFaults(): AzkabanFaultBook {
  let active: ActiveFault[] = []

  function hit(entry: ActiveFault): boolean {
    const { times, skip } = entry.fault
    if (times !== undefined && entry.hits >= times) return false
    if (entry.passed++ < skip) return false
    entry.hits++
    return true
  }

  const entryOf = (one: CallFault | CancelFault) => ({ fault: one, hits: 0, passed: 0 })

  return {
    add(input) {
      active.push(entryOf(fault.parse(input)))
    },
    replace(json) {
      active = faultList.parse(json).faults.map(entryOf)
    },
    clear() {
      active = []
    },
    list: () => active,
    take(ajax) {
      for (const entry of active) {
        const { fault } = entry
        if (isCancelFault(fault) || (fault.ajax !== undefined && fault.ajax !== ajax)) continue
        if (hit(entry)) return fault
      }
      return undefined
    },
    takeCancel: (kind) => active.some((entry) => entry.fault.kind === kind && hit(entry))
  }
}

function isCancelFault(fault: CallFault | CancelFault): fault is CancelFault {
  return fault.kind.startsWith('cancel-')
}
