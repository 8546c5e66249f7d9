/** What a call may hold a connection for: a cancel half a minute for each stubborn job, a log as long as an executor takes. */
export type CallKind = 'cancel' | 'log' | 'short'

export type SlotLimits = Readonly<{
  /** Connections in all. */
  total: number
  /** Cancels and logs together; what is left over is for short calls. */
  slow: number
  cancels: number
  /** Calls that may wait: so many cancels, and so many others. */
  maxWaiting: number
}>

/** Thrown in place of a slot; nothing was sent. */
export class NoSlot extends Error {
  override readonly name = 'NoSlot'
  readonly why: 'too-many-waiting' | 'waited-too-long'

  constructor(why: NoSlot['why'], message: string) {
    super(message)
    this.why = why
  }
}

export interface ConnectionSlots {
  /**
   * Waits for a slot and answers the function that gives it back.
   * Rejects with `NoSlot`, or with the signal's reason.
   */
  take: (kind: CallKind, waitMs: number, signal?: AbortSignal) => Promise<() => void>
}

type Waiting = { kind: CallKind; grant: (giveBack: () => void) => void }

/**
 * Shares out the few connections that Azkaban can bear: it holds a thread for each (azkaban.md §1.1). First come, first
 * served, except that slow calls never take them all: cancels that block must not stop reads.
 */
export function createConnectionSlots(limits: SlotLimits): ConnectionSlots {
  const taken: Record<CallKind, number> = { cancel: 0, log: 0, short: 0 }
  let waiting: Waiting[] = []

  function isFree(kind: CallKind): boolean {
    const slow = taken.cancel + taken.log
    if (slow + taken.short >= limits.total) return false
    if (kind === 'short') return true
    return slow < limits.slow && (kind === 'log' || taken.cancel < limits.cancels)
  }

  function giveBackOnce(kind: CallKind): () => void {
    taken[kind] += 1
    let given = false
    return () => {
      if (given) return
      given = true
      taken[kind] -= 1
      serve()
    }
  }

  function serve(): void {
    for (const one of [...waiting]) {
      if (!isFree(one.kind)) continue
      forget(one)
      one.grant(giveBackOnce(one.kind))
    }
  }

  function forget(one: Waiting): void {
    waiting = waiting.filter((other) => other !== one)
  }

  function isCrowded(kind: CallKind): boolean {
    const same = waiting.filter((one) => (one.kind === 'cancel') === (kind === 'cancel'))
    return same.length >= limits.maxWaiting
  }

  return {
    take: async (kind, waitMs, signal) => {
      signal?.throwIfAborted()
      // Whoever waits already and could be served has been: nobody is overtaken here.
      if (isFree(kind)) return giveBackOnce(kind)
      if (isCrowded(kind)) {
        throw new NoSlot('too-many-waiting', 'too many calls wait for a connection to Azkaban')
      }
      return await new Promise((resolve, reject) => {
        const one: Waiting = {
          kind,
          grant: (giveBack) => {
            leave()
            resolve(giveBack)
          }
        }
        const withdraw = (reason: unknown) => {
          leave()
          forget(one)
          reject(reason)
        }
        const onAbort = () => withdraw(signal?.reason)
        const timer = setTimeout(() => {
          const text = `no connection to Azkaban became free within ${waitMs} ms`
          withdraw(new NoSlot('waited-too-long', text))
        }, waitMs)
        const leave = () => {
          clearTimeout(timer)
          signal?.removeEventListener('abort', onAbort)
        }
        signal?.addEventListener('abort', onAbort, { once: true })
        waiting.push(one)
      })
    }
  }
}
