import { z } from 'zod'

const ms = z.number().int().min(0).max(600_000)
const where = {
  /** Path that is hit, `*` for any text; default every path but the stand-in's own `/sandbox`. */
  path: z.string().min(1).max(500).default('*'),
  method: z.enum(['GET', 'PUT', 'POST', 'HEAD', 'DELETE']).optional(),
  /** Requests that are hit before the fault is over; absent = until it is taken away. */
  count: z.number().int().min(1).max(1_000_000).optional()
}

/** A fault that requests run into. */
const requestFault = z.discriminatedUnion('kind', [
  /** The connection is reset without an answer. */
  z.strictObject({ kind: z.literal('reset'), ...where }),
  /** The answer comes late, and with `dripMs` one byte at a time. */
  z.strictObject({ kind: z.literal('slow'), ...where, ms, dripMs: ms.optional() }),
  /** No answer ever; the connection stays open. */
  z.strictObject({ kind: z.literal('hang'), ...where }),
  /** An HTML page, as from a proxy. */
  z.strictObject({
    kind: z.literal('html'),
    ...where,
    status: z.number().int().min(200).max(599).default(502)
  }),
  /** The right head, half of the body, then the connection is gone. */
  z.strictObject({ kind: z.literal('half'), ...where }),
  /** A body of that many bytes, streamed. */
  z.strictObject({
    kind: z.literal('huge'),
    ...where,
    bytes: z.number().int().min(1).max(1_000_000_000).default(100_000_000)
  }),
  /** 307 to itself, or to and fro between two paths. */
  z.strictObject({
    kind: z.literal('redirectLoop'),
    ...where,
    pingPong: z.boolean().default(false)
  }),
  /** `NaN` where a percentage belongs. */
  z.strictObject({ kind: z.literal('nan'), ...where }),
  /** 200 without a body. */
  z.strictObject({ kind: z.literal('empty'), ...where }),
  /** That status with a RemoteException. */
  z.strictObject({
    kind: z.literal('status'),
    ...where,
    status: z.number().int().min(400).max(599).default(503)
  }),
  /** 401 as SPNEGO answers a request without credentials. */
  z.strictObject({ kind: z.literal('kerberos'), ...where }),
  /** As a standby answers; see also the role of the whole stand-in. */
  z.strictObject({
    kind: z.literal('standby'),
    ...where,
    /** Base URL of the peer to redirect to. */
    activeUrl: z
      .string()
      .max(500)
      .regex(/^http:\/\/[\w.:-]+$/)
      .optional()
  }),
  /** As a standby that finds no active peer answers. */
  z.strictObject({ kind: z.literal('noActive'), ...where })
])
export type RequestFault = z.output<typeof requestFault>

/** Changes of how the ResourceManager works, and what is done once. */
const clusterFault = z.discriminatedUnion('kind', [
  /** So many PUTs of each application are answered 202 before a kill takes effect. */
  z.strictObject({ kind: z.literal('killTakesPolls'), polls: z.number().int().min(0).max(10_000) }),
  /** New applications are not found before so many ms have passed. */
  z.strictObject({ kind: z.literal('delayVisibility'), ms }),
  /** The ResourceManager forgets an application at once. */
  z.strictObject({ kind: z.literal('forget'), applicationId: z.string().max(100) }),
  /** Nothing listens for that long; then the same port answers again. */
  z.strictObject({ kind: z.literal('down'), forMs: ms.min(1) })
])
export type ClusterFault = z.output<typeof clusterFault>

const fault = z.discriminatedUnion('kind', [requestFault, clusterFault])
export type Fault = z.output<typeof fault>
export type FaultInput = z.input<typeof fault>

/** What `PUT /sandbox/faults` takes and `GET` shows; `hits` is not read. */
const faultList = z.strictObject({
  faults: z.array(fault).max(100),
  hits: z.array(z.number()).optional()
})

export interface ActiveFault {
  readonly fault: Fault
  /** Requests that ran into it. */
  hits: number
}

/** The faults that are switched on. */
export interface FaultBook {
  /** Switches one more on; throws a ZodError for what is no fault. */
  add(fault: FaultInput): void
  /** Replaces all of them. */
  set(faults: readonly FaultInput[]): void
  /** The same with a parsed JSON text. */
  replace(json: unknown): void
  clear(): void
  list(): readonly ActiveFault[]
  /** The first fault for a request, counted as hit. */
  take(method: string, path: string): RequestFault | undefined
  killTakesPolls(): number
  delayVisibilityMs(): number
}

export interface FaultActions {
  readonly forget: (applicationId: string) => void
  readonly down: (forMs: number) => void
}

/** @param actions carry out the faults that are done once and not kept */
export function createFaultBook(actions: FaultActions): FaultBook {
  let active: ActiveFault[] = []

  function add(input: FaultInput): void {
    const parsed = fault.parse(input)
    if (parsed.kind === 'forget') actions.forget(parsed.applicationId)
    else if (parsed.kind === 'down') actions.down(parsed.forMs)
    else active.push({ fault: parsed, hits: 0 })
  }

  function replace(json: unknown): void {
    const checked = faultList.parse(json).faults
    active = []
    for (const one of checked) add(one)
  }

  return {
    add,
    set: (faults) => replace({ faults }),
    replace,
    clear() {
      active = []
    },
    list: () => active,
    take(method, path) {
      for (const entry of active) {
        if (!isRequestFault(entry.fault) || !hits(entry.fault, method, path)) continue
        if (entry.fault.count !== undefined && entry.hits >= entry.fault.count) continue
        entry.hits++
        return entry.fault
      }
      return undefined
    },
    killTakesPolls() {
      const found = active.find((one) => one.fault.kind === 'killTakesPolls')?.fault
      return found?.kind === 'killTakesPolls' ? found.polls : 0
    },
    delayVisibilityMs() {
      const found = active.find((one) => one.fault.kind === 'delayVisibility')?.fault
      return found?.kind === 'delayVisibility' ? found.ms : 0
    }
  }
}

function isRequestFault(fault: Fault): fault is RequestFault {
  return 'path' in fault
}

function hits(fault: RequestFault, method: string, path: string): boolean {
  return (fault.method === undefined || fault.method === method) && matches(fault.path, path)
}

/** `*` stands for any text; without regular expressions, so that no pattern can be slow. */
function matches(pattern: string, path: string): boolean {
  const [start = '', ...rest] = pattern.split('*')
  const end = rest.pop()
  if (end === undefined) return path === pattern
  if (!path.startsWith(start) || path.length < start.length + end.length) return false
  let at = start.length
  for (const part of rest) {
    const found = path.indexOf(part, at)
    if (found < 0) return false
    at = found + part.length
  }
  return path.length - end.length >= at && path.endsWith(end)
}
