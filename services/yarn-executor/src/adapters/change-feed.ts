import type { JobStore } from '../domain/job-store.ts'
import type { OtherInstances, SqlDatabase } from './sql-database.ts'

/** Tells those who listen, here and in other instances, that something has changed. */
export type ChangeFeed = Pick<JobStore, 'onChange'> & {
  /** To be called after the commit; may be called often. */
  announce: () => void
  close: () => Promise<void>
}

export function createChangeFeed({ others }: Pick<SqlDatabase, 'others'>): ChangeFeed {
  const listeners = new Set<() => void>()
  let announced = false
  let remote: ReturnType<OtherInstances['listen']> | undefined

  const news = () => {
    for (const listener of listeners) listener()
  }

  return {
    announce: () => {
      if (announced) return
      announced = true
      // What is written in the same turn of the event loop is one piece of news.
      setImmediate(() => {
        announced = false
        news()
        others?.tell()
      })
    },
    onChange: (given) => {
      // Given twice it is two listeners.
      const listener = () => given()
      listeners.add(listener)
      remote ??= others?.listen(news)
      return () => {
        listeners.delete(listener)
        if (listeners.size > 0) return
        remote?.stop()
        remote = undefined
      }
    },
    close: async () => {
      listeners.clear()
      remote?.stop()
      await others?.close()
    }
  }
}
