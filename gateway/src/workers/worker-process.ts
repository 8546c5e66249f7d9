import { spawn } from 'node:child_process'
import type { Socket } from 'node:net'
import type { ListeningSocket } from './listening-socket.ts'
import { ALIVE_EVERY_MS, type FromWorker, type Settings, type ToWorker } from './messages.ts'

/** `reason` when it could not be started, or was killed because it did not get ready. */
export type WorkerEnd = Readonly<{
  code: number | null
  signal: NodeJS.Signals | null
  reason?: string
}>

/** A worker as its primary sees it: starting → ready → leaving → ended; each can go to ended. */
export type WorkerProcess = {
  readonly id: number
  readonly pid: number | undefined
  /** It has read its configuration and waits for a socket; `undefined`: it ended before. */
  readonly loaded: Promise<Settings | undefined>
  /** It serves; false: it ended before. */
  readonly ready: Promise<boolean>
  /** It takes no more connections: it was asked to leave, has an error that nobody caught, or has ended. */
  readonly left: Promise<void>
  readonly ended: Promise<WorkerEnd>
  /** It was asked to leave, or killed from here. */
  readonly isDismissed: boolean
  /** It has been given the socket: it may serve already. */
  readonly isServing: boolean
  listen(socket: ListeningSocket): void
  /** Lets it finish what is under way; killed when that takes longer than `limitMs`. */
  drain(limitMs: number): void
  kill(): void
  /** Calls back once when it has been silent for `limitMs`. Pauses of the whole machine do not count. */
  watch(limitMs: number, onSilent: () => void): void
}

/** For each of the two steps: until it is loaded, and from the socket on until it is ready. */
const READY_LIMIT_MS = 60_000

/** Starts `entry` once more as a worker, which is killed when it does not get ready. Its output is ours. */
export function spawnWorker(
  entry: string,
  id: number,
  readyLimitMs = READY_LIMIT_MS
): WorkerProcess {
  const child = spawn(process.execPath, [...process.execArgv, entry, 'worker', String(id)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc']
  })
  const loaded = settleLater<Settings | undefined>()
  const ready = settleLater<boolean>()
  const left = settleLater<void>()
  const ended = settleLater<WorkerEnd>()
  let isDismissed = false
  let isServing = false
  let silentBeats = 0
  let watching: NodeJS.Timeout | undefined
  let limit: NodeJS.Timeout | undefined
  let readyLimit: NodeJS.Timeout | undefined
  let reason: string | undefined

  const limitStep = () => {
    readyLimit = setTimeout(() => {
      reason = `it was not ready within ${readyLimitMs} ms`
      child.kill('SIGKILL')
    }, readyLimitMs)
  }
  limitStep()
  const end = (how: WorkerEnd) => {
    clearInterval(watching)
    clearTimeout(limit)
    clearTimeout(readyLimit)
    loaded.resolve(undefined)
    ready.resolve(false)
    left.resolve()
    ended.resolve(how)
  }
  child.once('exit', (code, signal) => end({ code, signal, ...(reason && { reason }) }))
  child.on('error', (error) => {
    // Of one that runs: a message that did not reach it.
    if (child.pid === undefined) end({ code: null, signal: null, reason: error.message })
  })
  child.on('message', (message: FromWorker) => {
    silentBeats = 0
    if (message.type === 'loaded' || message.type === 'ready') clearTimeout(readyLimit)
    if (message.type === 'loaded') loaded.resolve(message.settings)
    else if (message.type === 'ready') ready.resolve(true)
    else if (message.type === 'leaving') left.resolve()
  })
  const tell = (message: ToWorker, handle?: unknown) => {
    // A handle as node:cluster sends it; the types know servers and sockets only.
    if (child.connected) child.send(message, handle as Socket | undefined, () => {})
  }

  return {
    id,
    pid: child.pid,
    loaded: loaded.promise,
    ready: ready.promise,
    left: left.promise,
    ended: ended.promise,
    get isDismissed() {
      return isDismissed
    },
    get isServing() {
      return isServing
    },
    listen({ handle }) {
      isServing = true
      limitStep()
      tell({ type: 'listen' }, handle)
    },
    drain(limitMs) {
      if (limit) return
      isDismissed = true
      clearInterval(watching)
      limit = setTimeout(() => child.kill('SIGKILL'), limitMs)
      tell({ type: 'drain' })
      left.resolve()
    },
    kill() {
      isDismissed = true
      child.kill('SIGKILL')
    },
    watch(limitMs, onSilent) {
      watching = setInterval(() => {
        silentBeats += 1
        if (silentBeats * ALIVE_EVERY_MS <= limitMs) return
        clearInterval(watching)
        onSilent()
      }, ALIVE_EVERY_MS)
    }
  }
}

/** A promise that is fulfilled from outside. Node 20 has no Promise.withResolvers. */
function settleLater<Value>() {
  let resolve: (value: Value) => void = () => {}
  const promise = new Promise<Value>((settle) => {
    resolve = settle
  })
  return { promise, resolve }
}
