export type Slots = {
  /** Resolves in order of the calls. Rejects when none is free in time. */
  take: () => Promise<void>
  /** One for each that was taken. */
  giveBack: () => void
}

/** So many at once; the others wait, `waitMs` at most. */
export function createSlots(count: number, waitMs: number): Slots {
  let free = count
  const waiting = new Set<() => void>()

  return {
    take: async () => {
      if (free > 0) {
        free -= 1
        return
      }
      await new Promise<void>((resolve, reject) => {
        const next = () => {
          clearTimeout(timer)
          resolve()
        }
        const timer = setTimeout(() => {
          waiting.delete(next)
          reject(new Error(`no connection was free for ${waitMs} ms`))
        }, waitMs)
        waiting.add(next)
      })
    },
    giveBack: () => {
      const [next] = waiting
      if (!next) {
        free += 1
        return
      }
      waiting.delete(next)
      next()
    }
  }
}
