/** No more may wait: nothing was accepted. */
export class QueueFull extends Error {
  override readonly name = 'QueueFull'
}

/** The service ends: what waits is not launched any more. */
export class QueueClosed extends Error {
  override readonly name = 'QueueClosed'
}

/** It was stopped while it waited. */
export class Withdrawn extends Error {
  override readonly name = 'Withdrawn'
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
   * Waits for its turn: in order of the places, but what needs a driver does not hold up what needs none. Rejects with
   * the signal's reason, `Withdrawn` or `QueueClosed`; the place is gone then.
   */
  turn: (needs: Readonly<{ driver: boolean }>, signal: AbortSignal) => Promise<Slot>
  /** Given up before `turn`. */
  leave: () => void
}>

export interface LaunchQueue {
  /** A place for a submission, behind all others. Throws {@link QueueFull}, {@link QueueClosed}. */
  reserve: (submissionId?: string) => Place
  /** The same for one that was accepted by a former process of this service: however many wait. */
  readmit: (submissionId: string) => Place
  /** Which turn it has among those who wait, 1 is next; undefined when it does not wait. */
  positionOf: (submissionId: string) => number | undefined
  /** Which of the two it waits for; undefined when it does not wait. */
  waitsFor: (submissionId: string) => 'launcher' | 'driver' | undefined
  /** Turns one away that waits: {@link Withdrawn}. */
  withdraw: (submissionId: string) => void
  /** For a launcher that a former process of this service started: it runs already, whatever the limits. */
  adopt: (runs: Readonly<{ launching: boolean; driver: boolean }>) => Slot
  /** Turns away everybody who waits. */
  close: () => void
}

type Waiting = {
  order: number
  id: string | undefined
  driver: boolean
  go: (slot: Slot) => void
  turnAway: (reason: unknown) => void
}

export function createLaunchQueue(limits: QueueLimits): LaunchQueue {
  let launching = 0
  let drivers = 0
  let reserved = 0
  let closed = false
  let places = 0
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

  function place(id: string | undefined): Place {
    places += 1
    const order = places
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
            order,
            id,
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
          waiting.splice(placeIn(waiting, order), 0, entry)
          advance()
        })
      }
    }
  }

  function refuseWhenClosed(): void {
    if (closed) throw new QueueClosed('no more launchers are started')
  }

  return {
    reserve: (submissionId) => {
      refuseWhenClosed()
      const free = Math.max(0, limits.maxLaunchers - launching)
      if (reserved + waiting.length >= limits.maxQueued + free) {
        throw new QueueFull(`${waiting.length} submissions wait for a launcher already`)
      }
      return place(submissionId)
    },
    readmit: (submissionId) => {
      refuseWhenClosed()
      return place(submissionId)
    },
    positionOf: (submissionId) => {
      const at = waiting.findIndex(({ id }) => id === submissionId)
      return at < 0 ? undefined : at + 1
    },
    waitsFor: (submissionId) => {
      const found = waiting.find(({ id }) => id === submissionId)
      if (!found) return undefined
      return found.driver && drivers >= limits.maxDrivers ? 'driver' : 'launcher'
    },
    withdraw: (submissionId) => {
      const at = waiting.findIndex(({ id }) => id === submissionId)
      if (at < 0) return
      const [withdrawn] = waiting.splice(at, 1)
      withdrawn?.turnAway(new Withdrawn('it was stopped while it waited for a launcher'))
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

/** Behind all that have an earlier place: mostly the end. */
function placeIn(waiting: readonly Waiting[], order: number): number {
  let at = waiting.length
  while (at > 0 && (waiting[at - 1]?.order ?? 0) > order) at -= 1
  return at
}
