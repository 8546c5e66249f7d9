/** States as the ResourceManager reports them, to be waited for one after the other. */
export function followStates() {
  const waiting: ((state: string) => void)[] = []
  const seen: string[] = []
  const watchers: ((state: string) => void)[] = []
  return {
    push(state: string): void {
      for (const watcher of watchers) watcher(state)
      const next = waiting.shift()
      if (next) next(state)
      else seen.push(state)
    },
    next(): Promise<string> {
      const state = seen.shift()
      return state === undefined
        ? new Promise((resolve) => waiting.push(resolve))
        : Promise.resolve(state)
    },
    until(states: string[]): Promise<string> {
      const already = seen.find((state) => states.includes(state))
      if (already !== undefined) return Promise.resolve(already)
      return new Promise((resolve) => {
        watchers.push((state) => {
          if (states.includes(state)) resolve(state)
        })
      })
    }
  }
}
