import type { CleanUpReport, FileStorage } from './file-storage.ts'

export type HousekeepingOptions = {
  storage: Pick<FileStorage, 'cleanUp'>
  everyMs: number
  report(report: CleanUpReport): void
}

export type Housekeeping = { stop(): Promise<void> }

/** Cleans up now and then again and again, one run at a time, until `stop`, which waits for a run under way. */
export function startHousekeeping(options: HousekeepingOptions): Housekeeping {
  const { storage, everyMs, report } = options
  const ending = new AbortController()
  let timer: NodeJS.Timeout | undefined

  async function run(): Promise<void> {
    try {
      report(await storage.cleanUp(ending.signal))
    } catch (error) {
      if (!ending.signal.aborted) {
        report({ trashRemoved: 0, uploadsRemoved: 0, failures: [error] })
      }
    }
    if (ending.signal.aborted) return
    timer = setTimeout(() => {
      running = run()
    }, everyMs)
    timer.unref()
  }
  let running = run()

  return {
    async stop() {
      ending.abort()
      clearTimeout(timer)
      await running
    }
  }
}
