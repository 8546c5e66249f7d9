import { type Application, LISTED_STATES, LIVE_STATES } from './application.ts'
import type { ResourceManager } from './resource-manager.ts'
import { createSingleFlight } from './single-flight.ts'

/** The one list of everything alive in the cluster; whoever needs it shares it. */
export interface LiveApplications {
  /** Every application that is not final (NEW, NEW_SAVING, SUBMITTED, ACCEPTED, RUNNING). */
  all: (signal?: AbortSignal) => Promise<readonly Application[]>
  /** What `yarn application -list` shows: SUBMITTED, ACCEPTED, RUNNING. */
  listed: (signal?: AbortSignal) => Promise<readonly Application[]>
  /** Those with exactly this name, NEW ones too: a name is taken before it is listed. */
  named: (name: string, signal?: AbortSignal) => Promise<readonly Application[]>
  /** After a submission or a kill of one's own: the next reader gets a list that was asked anew. */
  invalidate: () => void
}

export interface LiveApplicationsOptions {
  /** How long a list that has come is good for; 2 000 ms. */
  maxAgeMs?: number
  /** Monotonic clock, ms. */
  now?: () => number
}

const LISTED: ReadonlySet<string> = new Set(LISTED_STATES)

/**
 * Asks the ResourceManager only when somebody wants the list and the last one is too old, and never
 * twice at once: the list is the most expensive call it has. Nothing runs in between, there is
 * nothing to close. Errors are not kept.
 */
export function createLiveApplications(
  rm: Pick<ResourceManager, 'applications'>,
  { maxAgeMs = 2000, now = () => performance.now() }: LiveApplicationsOptions = {}
): LiveApplications {
  const flights = createSingleFlight<readonly Application[]>()
  let last: { at: number; applications: readonly Application[] } | undefined
  let generation = 0

  async function fetchAll(signal: AbortSignal): Promise<readonly Application[]> {
    const asked = generation
    const applications = await rm.applications({ states: LIVE_STATES }, signal)
    if (asked === generation) last = { at: now(), applications }
    return applications
  }

  async function all(signal?: AbortSignal): Promise<readonly Application[]> {
    if (last && now() - last.at <= maxAgeMs) return last.applications
    last = undefined
    return await flights.run('live', fetchAll, signal)
  }

  return {
    all,
    listed: async (signal) => (await all(signal)).filter(({ state }) => LISTED.has(state)),
    named: async (name, signal) => (await all(signal)).filter((one) => one.name === name),
    invalidate: () => {
      generation += 1
      last = undefined
      flights.forget('live')
    }
  }
}
