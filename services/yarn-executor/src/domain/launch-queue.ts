/** No more may wait: nothing was accepted. */
export class QueueFull extends Error {
  override readonly name = 'QueueFull'
}

/** The service ends: what waits is not launched any more. */
export class QueueClosed extends Error {
  override readonly name = 'QueueClosed'
}

export type QueueLimits = Readonly<{
  /** Launchers between the spawn and the ResourceManager's acceptance. */
  maxLaunchers: number
  /** Launchers that are drivers, as long as their jobs run. */
  maxDrivers: number
  /** Submissions that wait for either. */
  maxQueued: number
}>

/** The right to run one launcher. Both may be called more than once. */
export type Slot = Readonly<{
  /** The ResourceManager has accepted its application, or there will be none. */
  launched: () => void
  /** No process of it is left. */
  ended: () => void
}>

/** A place in the queue, taken before anything is written. */
export type Place = Readonly<{
  /**
   * Waits for its turn: in order of the calls, but what needs a driver does not hold up what needs none. Rejects with
   * the signal's reason, or `QueueClosed`; the place is gone then.
   */
  turn: (needs: Readonly<{ driver: boolean }>, signal: AbortSignal) => Promise<Slot>
  /** Given up before `turn`. */
  leave: () => void
}>

export interface LaunchQueue {
  /** Throws {@link QueueFull}, {@link QueueClosed}. */
  reserve: () => Place
  /** For a launcher that a former process of this service started: it runs already, whatever the limits. */
  adopt: (runs: Readonly<{ launching: boolean; driver: boolean }>) => Slot
  /** Turns away everybody who waits. */
  close: () => void
}

type Waiting = { driver: boolean; go: (slot: Slot) => void; turnAway: (reason: unknown) => void }

export function createLaunchQueue(limits: QueueLimits): LaunchQueue {
  let launching = 0
  let drivers = 0
  let reserved = 0
  let closed = false
  const waiting: Waiting[] = []

  function take(runs: { launching: boolean; driver: boolean }): Slot {
    launching += runs.launching ? 1 : 0
    drivers += runs.driver ? 1 : 0
    return {
      launched: once(runs.launching, () => {
        launching -= 1
      }),
      ended: once(runs.driver, () => {
        drivers -= 1
      })
    }
  }

  function once(held: boolean, letGo: () => void): () => void {
    let holds = held
    return () => {
      if (!holds) return
      holds = false
      letGo()
      advance()
    }
  }

  function advance(): void {
    for (let at = 0; at < waiting.length && launching < limits.maxLaunchers; ) {
      const next = waiting[at] as Waiting
      if (next.driver && drivers >= limits.maxDrivers) {
        at += 1
        continue
      }
      waiting.splice(at, 1)
      next.go(take({ launching: true, driver: next.driver }))
    }
  }

  return {
    reserve: () => {
      if (closed) throw new QueueClosed('no more launchers are started')
      const free = Math.max(0, limits.maxLaunchers - launching)
      if (reserved + waiting.length >= limits.maxQueued + free) {
        throw new QueueFull(`${waiting.length} submissions wait for a launcher already`)
      }
      reserved += 1
      let held = true
      const leave = () => {
        reserved -= held ? 1 : 0
        held = false
      }
      return {
        leave,
        turn: ({ driver }, signal) => {
          leave()
          return new Promise<Slot>((resolve, reject) => {
            if (closed) return reject(new QueueClosed('no more launchers are started'))
            if (signal.aborted) return reject(signal.reason)
            const giveUp = () => {
              waiting.splice(waiting.indexOf(entry), 1)
              reject(signal.reason)
            }
            const forget = () => signal.removeEventListener('abort', giveUp)
            const entry: Waiting = {
              driver,
              go: (slot) => {
                forget()
                resolve(slot)
              },
              turnAway: (reason) => {
                forget()
                reject(reason)
              }
            }
            signal.addEventListener('abort', giveUp, { once: true })
            waiting.push(entry)
            advance()
          })
        }
      }
    },
    adopt: take,
    close: () => {
      closed = true
      for (const one of waiting.splice(0)) {
        one.turnAway(new QueueClosed('no more launchers are started'))
      }
    }
  }
}
