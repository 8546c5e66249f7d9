/** What a run has made sure of, and what it found wrong. */
export interface Checks {
  readonly passed: number
  readonly failures: readonly string[]
  /** Counts one invariant; `what` says what is wrong when it does not hold, with all that is known. */
  holds: (isTrue: boolean, what: string | (() => string)) => boolean
}

export function createChecks(print: (line: string) => void): Checks {
  let passed = 0
  const failures: string[] = []
  return {
    get passed() {
      return passed
    },
    failures,
    holds: (isTrue, what) => {
      if (isTrue) passed += 1
      else {
        const text = typeof what === 'string' ? what : what()
        failures.push(text)
        print(`WRONG: ${text}`)
      }
      return isTrue
    }
  }
}
