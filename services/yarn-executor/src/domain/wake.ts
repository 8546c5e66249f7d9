/** Waiting that can be cut short: somebody has news. */
export interface Wake {
  /** Ends the wait under way, or the next one. */
  now: () => void
  /** Waits, at most `ms`. Rejects with the signal's reason. */
  wait: (ms: number, signal: AbortSignal) => Promise<void>
}

export function createWake(): Wake {
  let pending = false
  let end = () => {}
  return {
    now: () => {
      pending = true
      end()
    },
    wait: (ms, signal) =>
      new Promise<void>((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason)
        const stop = () => {
          clearTimeout(timer)
          reject(signal.reason)
        }
        end = () => {
          clearTimeout(timer)
          signal.removeEventListener('abort', stop)
          pending = false
          end = () => {}
          resolve()
        }
        const timer = setTimeout(end, ms)
        signal.addEventListener('abort', stop, { once: true })
        if (pending) end()
      })
  }
}
