import type { Application } from '@scheduler-task/yarn-client/application'
import type { Parts } from './parts.ts'

/** Longer than any caller waits: the kill goes on without one. */
const KILL_MS = 600_000

/** Ends applications that were not started here: killed through the ResourceManager until it reports a final state. */
export interface ForeignApplications {
  /** The application once it is final. Several callers share one kill; who leaves ends nothing. */
  kill: (applicationId: string, who: string) => Promise<Application>
  isKilling: (applicationId: string) => boolean
}

export function createForeignApplications({
  rm,
  live,
  background
}: Pick<Parts, 'rm' | 'live' | 'background'>): ForeignApplications {
  const kills = new Map<string, Promise<Application>>()

  return {
    isKilling: (applicationId) => kills.has(applicationId),
    kill: (applicationId, who) => {
      const known = kills.get(applicationId)
      if (known) return known
      const { signal } = background
      const diagnostics = `stopped by ${who} through scheduler-task`
      const killed = rm.kill(applicationId, { diagnostics, signal, deadlineMs: KILL_MS })
      kills.set(applicationId, killed)
      background.run('a kill', { applicationId }, async () => {
        // How it ended is for those who asked for it.
        await Promise.allSettled([killed])
        kills.delete(applicationId)
        live.invalidate()
      })
      return killed
    }
  }
}
