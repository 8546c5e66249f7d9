import { unlessAborted } from './time-limit.ts'

/** Runs one piece of work per key at a time, for everybody who asks for it meanwhile. */
export interface SingleFlight<T> {
  /**
   * Joins the work in flight under `key`, or starts it. A caller who aborts leaves alone; the work
   * itself is aborted when the last one has left.
   */
  run: (key: string, work: (signal: AbortSignal) => Promise<T>, signal?: AbortSignal) => Promise<T>
  /** Who asks from now on starts anew; those who wait already still get what is in flight. */
  forget: (key: string) => void
}

interface Flight<T> {
  result: Promise<T>
  controller: AbortController
  waiting: number
}

export function createSingleFlight<T>(): SingleFlight<T> {
  const flights = new Map<string, Flight<T>>()

  function start(key: string, work: (signal: AbortSignal) => Promise<T>): Flight<T> {
    const controller = new AbortController()
    const flight: Flight<T> = { result: work(controller.signal), controller, waiting: 0 }
    const land = () => {
      if (flights.get(key) === flight) flights.delete(key)
    }
    // Also marks a rejection as seen when everybody has left before it.
    flight.result.then(land, land)
    flights.set(key, flight)
    return flight
  }

  return {
    run: async (key, work, signal) => {
      signal?.throwIfAborted()
      const flight = flights.get(key) ?? start(key, work)
      flight.waiting += 1
      try {
        return await unlessAborted(flight.result, signal)
      } finally {
        flight.waiting -= 1
        if (flight.waiting === 0) {
          flight.controller.abort()
          // An aborted flight must not be joined before its rejection has come through.
          if (flights.get(key) === flight) flights.delete(key)
        }
      }
    },
    forget: (key) => {
      flights.delete(key)
    }
  }
}
