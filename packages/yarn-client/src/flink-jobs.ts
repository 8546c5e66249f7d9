import { Pool } from 'undici'
import { z } from 'zod'
import { isApplicationId } from './application.ts'
import { httpCall } from './http-call.ts'
import { rmBaseUrls } from './rm-base-urls.ts'

export interface FlinkJobsOptions {
  /** Those of the ResourceManagers, whose proxy leads to the applications. */
  urls: readonly string[]
  /** Sent as `user.name`. */
  user: string
  /** Wall limit for all of them together; 5 000. */
  timeoutMs?: number
}

/** What Flink clusters on YARN say of their own jobs. */
export interface FlinkJobs {
  /**
   * States of a cluster's jobs in Flink's words (`RUNNING`, `FINISHED`, …); undefined when nobody tells them: no such
   * proxy, no Flink behind it, a log-in in between.
   */
  statesOf: (applicationId: string, signal?: AbortSignal) => Promise<readonly string[] | undefined>
  close: () => Promise<void>
}

/** `GET /jobs/overview` of the JobManager, any version since 1.5; more members are allowed. */
const jobsOverview = z.object({ jobs: z.array(z.object({ state: z.string() })) })

const MAX_BODY_BYTES = 256 * 1024

/** Asks through the ResourceManager's proxy, and follows no redirect: a foreign host is never called. */
export function createFlinkJobs({ urls, user, timeoutMs = 5000 }: FlinkJobsOptions): FlinkJobs {
  const members = rmBaseUrls(urls).map(({ origin, path }) => ({
    address: `${origin}${path}/proxy`,
    pool: new Pool(origin, { connections: 1, headersTimeout: 0, bodyTimeout: 0 })
  }))

  return {
    statesOf: async (applicationId, signal) => {
      if (!isApplicationId(applicationId)) throw new TypeError('Not an application id')
      const query = new URLSearchParams({ 'user.name': user })
      const limit = AbortSignal.timeout(timeoutMs)
      const ends = signal ? AbortSignal.any([signal, limit]) : limit
      for (const { address, pool } of members) {
        const question = {
          method: 'GET' as const,
          url: `${address}/${applicationId}/jobs/overview?${query}`,
          headers: { accept: 'application/json' },
          maxBodyBytes: MAX_BODY_BYTES
        }
        const answer = await httpCall(pool, question, ends).catch(() => undefined)
        signal?.throwIfAborted()
        const states = answer?.status === 200 ? statesIn(answer.bytes) : undefined
        if (states) return states
      }
      return undefined
    },
    close: async () => void (await Promise.all(members.map(({ pool }) => pool.destroy())))
  }
}

function statesIn(bytes: Buffer): readonly string[] | undefined {
  try {
    return jobsOverview.parse(JSON.parse(bytes.toString('utf8'))).jobs.map(({ state }) => state)
  } catch {
    return undefined
  }
}
