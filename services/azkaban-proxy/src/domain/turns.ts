/** One piece of work at a time for each execution, in the order in which they came. */
export interface Turns {
  take: <T>(execId: number, work: () => Promise<T>) => Promise<T>
}

export function createTurns(): Turns {
  const last = new Map<number, Promise<unknown>>()
  return {
    take: async (execId, work) => {
      const before = last.get(execId)
      const mine = (async () => {
        await before
        return await work()
      })()
      // Whoever comes next waits for the end, however it came.
      const over = mine.then(
        () => {},
        () => {}
      )
      last.set(execId, over)
      try {
        return await mine
      } finally {
        if (last.get(execId) === over) last.delete(execId)
      }
    }
  }
}
