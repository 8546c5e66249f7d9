import type { ListeningSocket } from './listening-socket.ts'
import type { Settings } from './messages.ts'
import type { PrimaryLog } from './primary-log.ts'
import type { WorkerProcess } from './worker-process.ts'

/** Before a worker that has crashed is started again; doubled as long as they do not last STEADY_MS. */
const FIRST_PAUSE_MS = 100
const LONGEST_PAUSE_MS = 30_000
const STEADY_MS = 10_000

export type WorkerPoolOptions = {
  /** Starts a worker, each time with another id. */
  start: () => WorkerProcess
  socket: ListeningSocket
  settings: Settings
  log: PrimaryLog
}

export type WorkerPool = {
  /** Takes this worker as the first and has it listen; false when it ended before it was ready. */
  open(first: WorkerProcess): Promise<boolean>
  /**
   * Starts a worker in place of each one, which serves before the old one stops accepting; the next one when the old one
   * has ended. A new one that does not get ready ends it: the old ones stay. One more call meanwhile: once more after it.
   */
  replaceAll(): Promise<void>
  /** Lets all finish what is under way; false when one had to be killed. */
  close(): Promise<boolean>
  /** Ends all at once. */
  kill(): void
}

/** A worker's place: there is one in it, or one is being started, or it is tried again after a pause. */
type Place = {
  worker?: WorkerProcess
  failures: number
  timer?: NodeJS.Timeout
  /** While somebody puts a worker here; nobody else may. */
  isFilling: boolean
}

/** Keeps `settings.WORKERS` workers running until it is closed. */
export function createWorkerPool({ start, socket, settings, log }: WorkerPoolOptions): WorkerPool {
  const { isAlone, drainLimitMs, workerTimeoutMs } = settings
  const places = Array.from({ length: settings.WORKERS }, (): Place => {
    return { failures: 0, isFilling: false }
  })
  const alive = new Set<WorkerProcess>()
  let isClosing = false
  let replacing: Promise<void> | undefined
  let isWantedAgain = false

  function launch(worker = start()): WorkerProcess {
    alive.add(worker)
    void worker.ended.then(({ code, signal, reason }) => {
      alive.delete(worker)
      const end = { worker: worker.id, workerPid: worker.pid, code, signal, reason }
      if (code === 0) log.info(end, 'a worker has ended')
      else log.error(end, 'a worker has ended')
    })
    return worker
  }

  /** Has it listen as soon as it can and may; false when it ended before it was ready. */
  async function bringUp(worker: WorkerProcess): Promise<boolean> {
    if (!(await worker.loaded)) return false
    if (isAlone) await leaveAlone(worker)
    if (!isClosing) worker.listen(socket)
    return await worker.ready
  }

  /** What comes meanwhile waits at the socket. */
  async function leaveAlone(worker: WorkerProcess): Promise<void> {
    const others = [...alive].filter((other) => other !== worker)
    for (const other of others) other.drain(drainLimitMs)
    await Promise.all(others.map(({ ended }) => ended))
  }

  function settle(place: Place, worker: WorkerProcess): void {
    const since = performance.now()
    place.worker = worker
    log.info({ worker: worker.id, workerPid: worker.pid }, 'a worker is ready')
    worker.watch(workerTimeoutMs, () => {
      log.error({ worker: worker.id, workerTimeoutMs }, 'a worker gives no sign of life: killed')
      worker.kill()
    })
    void worker.left.then(() => {
      if (place.worker !== worker) return
      delete place.worker
      place.failures = performance.now() - since < STEADY_MS ? place.failures + 1 : 0
      // Ends it, should it not end by itself.
      worker.drain(drainLimitMs)
      refillLater(place)
    })
  }

  function refillLater(place: Place): void {
    if (isClosing || place.isFilling) return
    const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** place.failures, LONGEST_PAUSE_MS)
    clearTimeout(place.timer)
    place.timer = setTimeout(() => void refill(place), pauseMs)
    log.warn({ pauseMs, failures: place.failures }, 'a worker is started in place of one that left')
  }

  async function refill(place: Place): Promise<void> {
    if (isClosing || place.isFilling) return
    place.isFilling = true
    const worker = launch()
    const isReady = await bringUp(worker)
    place.isFilling = false
    if (isReady) return settle(place, worker)
    place.failures += 1
    refillLater(place)
  }

  /** False when the new one did not get ready. */
  async function replace(place: Place): Promise<boolean> {
    clearTimeout(place.timer)
    // Being filled, it gets a new one by itself.
    if (place.isFilling) return true
    place.isFilling = true
    const worker = launch()
    const isReady = await bringUp(worker)
    place.isFilling = false
    if (!isReady) {
      if (!place.worker) refillLater(place)
      return false
    }
    const old = place.worker
    place.failures = 0
    settle(place, worker)
    old?.drain(drainLimitMs)
    await old?.ended
    return true
  }

  async function replaceEach(): Promise<void> {
    do {
      isWantedAgain = false
      const startedAt = performance.now()
      log.info({}, 'replacing the workers')
      for (const place of places) {
        const isReplaced = await replace(place)
        if (isClosing) return
        if (isReplaced) continue
        log.error({}, 'the new worker did not get ready; the workers that there are stay')
        return
      }
      log.info({ ms: Math.round(performance.now() - startedAt) }, 'all workers are replaced')
    } while (isWantedAgain)
  }

  return {
    async open(first) {
      const [place, ...others] = places
      if (!place || !(await bringUp(launch(first)))) return false
      settle(place, first)
      for (const other of others) void refill(other)
      return true
    },
    replaceAll() {
      isWantedAgain = replacing !== undefined
      replacing ??= replaceEach().finally(() => {
        replacing = undefined
      })
      return replacing
    },
    async close() {
      isClosing = true
      for (const { timer } of places) clearTimeout(timer)
      socket.close()
      const ends = [...alive].map(async (worker) => {
        // What does not serve yet has nothing to finish.
        if (worker.isServing) worker.drain(drainLimitMs)
        else worker.kill()
        const { signal } = await worker.ended
        return !worker.isServing || signal !== 'SIGKILL'
      })
      return (await Promise.all(ends)).every(Boolean)
    },
    kill() {
      isClosing = true
      for (const worker of alive) worker.kill()
    }
  }
}
