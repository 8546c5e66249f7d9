import { type FSWatcher, watch } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'

/** A file that grows all the time is looked at that often at most. */
const LEAST_MS = 15

/** Tells when something in a directory has changed. */
export type DirectoryWatch = Readonly<{
  /** Waits until something has changed since the last wait, at most `ms`; never rejects. */
  within: (ms: number) => Promise<void>
  /** From now on only the time is waited for. */
  close: () => void
}>

/** Where the system cannot tell (no watches left, a directory that is gone), only the time is waited for. */
export function watchDirectory(path: string, signal: AbortSignal): DirectoryWatch {
  let changed = false
  let wake = () => {}
  const watcher = open(path, () => {
    changed = true
    wake()
  })
  const close = () => {
    watcher?.close()
    signal.removeEventListener('abort', close)
  }
  signal.addEventListener('abort', close, { once: true })
  return {
    close,
    within: async (ms) => {
      const began = performance.now()
      if (!changed) {
        const news = new AbortController()
        wake = () => news.abort()
        const until = AbortSignal.any([signal, news.signal])
        await pause(ms, undefined, { signal: until }).catch(() => {})
        wake = () => {}
      }
      const left = Math.min(ms, LEAST_MS) - (performance.now() - began)
      if (changed && left > 0) await pause(left, undefined, { signal }).catch(() => {})
      changed = false
    }
  }
}

function open(path: string, onChange: () => void): FSWatcher | undefined {
  try {
    // `close` is its end; it is no reason for the process to live.
    const watcher = watch(path, { persistent: false }, onChange)
    watcher.on('error', () => watcher.close())
    return watcher
  } catch {
    return undefined
  }
}
