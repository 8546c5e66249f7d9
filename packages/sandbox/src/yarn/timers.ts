/** Timers with one owner: whatever is still pending ends with `close()`. */
export interface Timers {
  /** Runs `action` after `ms`; the handle cancels it. */
  after(ms: number, action: () => void): () => void
  /** Resolves after `ms`, or at once when closed. */
  pause(ms: number): Promise<void>
  close(): void
}

export function createTimers(): Timers {
  const pending = new Map<NodeJS.Timeout, () => void>()
  let closed = false

  function add(ms: number, action: () => void, onClose: () => void): () => void {
    if (closed) {
      onClose()
      return () => {}
    }
    const timer = setTimeout(() => {
      pending.delete(timer)
      action()
    }, ms)
    pending.set(timer, onClose)
    return () => {
      clearTimeout(timer)
      pending.delete(timer)
    }
  }

  return {
    after: (ms, action) => add(ms, action, () => {}),
    pause: (ms) => new Promise((resolve) => add(ms, resolve, resolve)),
    close() {
      closed = true
      for (const [timer, onClose] of pending) {
        clearTimeout(timer)
        onClose()
      }
      pending.clear()
    }
  }
}
