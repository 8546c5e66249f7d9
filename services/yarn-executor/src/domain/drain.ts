/** The end of a service, as those see it who wait for something that goes on without them. */
export interface Drain {
  /** True from the beginning of the end: nothing new is taken. */
  readonly begun: boolean
  /** Waits for `work`, or throws `refusal()` when the time of the drain is over. `work` goes on. */
  untilOver: <T>(work: Promise<T>, refusal: () => Error) => Promise<T>
  /** Begins the end; who still waits after `limitMs` is turned away. */
  begin: (limitMs: number) => void
  /** Turns everybody away now. */
  end: () => void
}

export function createDrain(): Drain {
  const leaving = new Set<() => void>()
  let begun = false
  let over = false
  let timer: NodeJS.Timeout | undefined

  function end(): void {
    clearTimeout(timer)
    over = true
    for (const leave of [...leaving]) leave()
  }

  return {
    get begun() {
      return begun
    },
    untilOver: async (work, refusal) => {
      if (over) throw refusal()
      let leave = () => {}
      const turnedAway = new Promise<never>((_resolve, reject) => {
        leave = () => reject(refusal())
      })
      leaving.add(leave)
      try {
        return await Promise.race([work, turnedAway])
      } finally {
        leaving.delete(leave)
      }
    },
    begin: (limitMs) => {
      if (begun) return
      begun = true
      timer = setTimeout(end, limitMs)
    },
    end
  }
}
