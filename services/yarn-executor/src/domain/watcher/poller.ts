import { type Application, LIVE_STATES } from '@scheduler-task/yarn-client/application'
import { isPassing, RmError } from '@scheduler-task/yarn-client/rm-errors'
import { pause } from '@scheduler-task/yarn-client/time-limit'
import type { Observation, Watched } from '../job-store.ts'
import { refOf } from '../launcher-watch.ts'
import { HOST_UNREACHABLE } from '../launching.ts'
import { applyObservation, nextState, observationOf } from '../observation.ts'
import { ABSENT_POLLS, type Parts } from '../parts.ts'
import { requireActive } from '../require-active.ts'
import { installationTagOf } from '../tags.ts'
import { createSweep } from './sweep.ts'

/** Watches everything this installation has started, with one list a tick. */
export interface Poller {
  /** Ticks until the service ends. */
  start: () => void
  /** One tick. */
  tick: () => Promise<void>
}

/** When nothing lives, only stragglers are looked for, and that so many times less often. */
const QUIET_FACTOR = 6
/** More than this many that are missing from the list of live ones are asked for in one list, not one by one. */
const ONE_BY_ONE = 20
/** A proof of absence takes four questions: so that hundreds of them do not keep a tick from all others. */
const PROOFS_A_TICK = 40
const PROOFS_AT_ONCE = 4
/** So many are compared before everything else has its turn: a millisecond or two. */
const COMPARED_AT_ONCE = 1000
/** Changes that are written at once: they share commits. */
const CHANGED_AT_ONCE = 100
/** What a tick has taken is no pause; some of it is left however long it took. */
const LEAST_PAUSE = 0.2
const ENDED_STATES = ['FINISHED', 'FAILED', 'KILLED'] as const

/** `seen`: told what the ResourceManager says of each application, again and again. */
export function createPoller(
  parts: Parts,
  installationId: string,
  seen: (submissionId: string, application: Application) => void = () => {}
): Poller {
  const { store, rm, launching, background, limits, log, ownership } = parts
  const { signal } = background
  const installationTag = installationTagOf(installationId)
  const sweep = createSweep(parts)
  /** How often, and since when by a clock that never jumps, a known application was not found. */
  const absences = new Map<string, { polls: number; since: number; tries: number }>()
  let silence: string | undefined

  /** Of the last tick. */
  let lived = 0

  async function tick(): Promise<void> {
    try {
      const listed = await rm.applications({ tags: [installationTag], states: LIVE_STATES }, signal)
      const watched = await store.watched()
      lived = watched.length
      const tracked = new Map(
        watched.flatMap((one) => (one.applicationId === null ? [] : [[one.applicationId, one]]))
      )
      const unanswered = new Map<string, string>()
      await observeAll(tracked, await withMissing(listed, tracked, unanswered), unanswered)
      await sweep(listed, tracked)
      if (silence) log.info({ was: silence }, 'the ResourceManager answers again')
      silence = undefined
    } catch (error) {
      if (!(error instanceof RmError)) throw error
      await store.markStale(error.reason)
      if (silence !== error.reason)
        log.warn({ reason: error.reason }, 'the ResourceManager is not to be had')
      silence = error.reason
    }
  }

  /**
   * Those that are not in the list of live ones have ended, are forgotten, or the list was cut short: each is asked for
   * by its id. One that is not answered says nothing of the others; `unanswered` gets it, with the reason.
   */
  async function withMissing(
    listed: readonly Application[],
    tracked: ReadonlyMap<string, Watched>,
    unanswered: Map<string, string>
  ): Promise<Map<string, Application>> {
    const found = new Map(listed.map((one) => [one.id, one]))
    const missing = () => [...tracked.keys()].filter((id) => !found.has(id))
    const tags = [installationTag]
    for (const filter of [{ tags, states: ENDED_STATES }, { tags }]) {
      if (missing().length <= ONE_BY_ONE) break
      for (const one of await rm.applications(filter, signal)) found.set(one.id, one)
    }
    // So many whom the whole list does not have: each is asked for once its absence is to be proven.
    if (missing().length > ONE_BY_ONE) return found
    for (const id of missing()) {
      try {
        const application = await rm.application(id, signal)
        if (application) found.set(id, application)
      } catch (error) {
        if (!(error instanceof RmError)) throw error
        unanswered.set(id, error.reason)
        // Each of the rest would wait as long.
        if (isPassing(error)) for (const other of missing()) unanswered.set(other, error.reason)
        if (isPassing(error)) return found
      }
    }
    return found
  }

  async function observeAll(
    tracked: ReadonlyMap<string, Watched>,
    found: ReadonlyMap<string, Application>,
    unanswered: Map<string, string>
  ): Promise<void> {
    const observed = new Map<string, Observation>()
    const changed: [Watched, Application][] = []
    const absent: Watched[] = []
    let compared = 0
    for (const [applicationId, one] of tracked) {
      compared += 1
      if (compared % COMPARED_AT_ONCE === 0) await new Promise((resolve) => setImmediate(resolve))
      const application = found.get(applicationId)
      if (!application) {
        if (unanswered.has(applicationId)) absences.delete(one.id)
        else if (one.state !== 'STOPPING') absent.push(one)
        continue
      }
      absences.delete(one.id)
      seen(one.id, application)
      if (nextState(one, application)) changed.push([one, application])
      else if (isNews(one, application))
        observed.set(one.id, observationOf(application, Date.now()))
    }
    for (let at = 0; at < changed.length; at += CHANGED_AT_ONCE) {
      await Promise.all(changed.slice(at, at + CHANGED_AT_ONCE).map((one) => change(...one)))
    }
    if (observed.size > 0) await store.observe(observed)
    const due = absent.filter(isDue).sort((a, b) => triesOf(a) - triesOf(b))
    const tried = due.slice(0, PROOFS_A_TICK)
    const forgotten = absent.filter((one) => !tried.includes(one)).map(({ id }) => id)
    for (let at = 0; at < tried.length; at += PROOFS_AT_ONCE) {
      const some = tried.slice(at, at + PROOFS_AT_ONCE)
      const fates = await Promise.all(some.map(fateOf))
      for (const [index, one] of some.entries()) {
        const fate = fates[index]
        if (fate === 'unknown') forgotten.push(one.id)
        else if (fate instanceof RmError) unanswered.set(one.applicationId ?? '', fate.reason)
      }
    }
    if (forgotten.length > 0) await store.markStale('RM_FORGOT', forgotten)
    for (const reason of new Set(unanswered.values())) {
      const ids = [...tracked].filter(([id]) => unanswered.get(id) === reason)
      await store.markStale(
        reason,
        ids.map(([, { id }]) => id)
      )
    }
  }

  async function change({ id }: Watched, application: Application): Promise<void> {
    const submission = await store.find(id)
    if (submission) await applyObservation(store, submission, application)
  }

  /** Lost, or not known yet; or why it cannot be told now. */
  async function fateOf(one: Watched): Promise<'lost' | 'unknown' | RmError> {
    try {
      return (await isLost(one)) ? 'lost' : 'unknown'
    } catch (error) {
      if (error instanceof RmError) return error
      throw error
    }
  }

  /** Counts one more poll without it; true when it is time to prove that it is lost. */
  function isDue({ id }: Watched): boolean {
    const absence = absences.get(id) ?? { polls: 0, since: performance.now(), tries: 0 }
    absence.polls += 1
    absences.set(id, absence)
    return (
      absence.polls >= ABSENT_POLLS && performance.now() - absence.since >= limits.submitHorizonMs
    )
  }

  function triesOf({ id }: Watched): number {
    return absences.get(id)?.tries ?? 0
  }

  /** Lost only by proof: an active ResourceManager, several polls, no such tag, nobody left who could submit it. */
  async function isLost(submission: Watched): Promise<boolean> {
    const absence = absences.get(submission.id)
    if (absence) absence.tries += 1
    for (const attempt of await store.attemptsOf(submission.id)) {
      if ((await launching.fence(refOf(attempt))) !== 'free') return false
    }
    await requireActive(rm, signal)
    if ((await rm.applications({ tags: [submission.submissionTag] }, signal)).length > 0)
      return false
    // The lists may have been cut short.
    const { applicationId } = submission
    if (applicationId !== null && (await rm.application(applicationId, signal))) {
      absences.delete(submission.id)
      return false
    }
    absences.delete(submission.id)
    const text = `the ResourceManager knows no ${submission.applicationId} any more; how it ended is unknown`
    await store.change(submission.id, {
      to: 'LOST',
      who: 'resource-manager',
      reason: 'RM_FORGOT',
      text
    })
    log.warn({ submissionId: submission.id, applicationId: submission.applicationId }, 'lost')
    return true
  }

  return {
    tick,
    start: () => {
      background.run('the watcher', {}, async () => {
        let busyUntil = 0
        let skipped = 0
        const tickUnlessQuiet = async () => {
          if (lived === 0) lived = (await store.watched()).length
          if (lived > 0) busyUntil = Date.now() + limits.submitHorizonMs
          skipped = Date.now() > busyUntil && skipped < QUIET_FACTOR ? skipped + 1 : 0
          if (skipped === 0) await tick()
        }
        for (;;) {
          const began = performance.now()
          try {
            if (!ownership.leads()) absences.clear()
            else await tickUnlessQuiet()
          } catch (error) {
            signal.throwIfAborted()
            log.error({ err: error }, 'a tick of the watcher failed')
          }
          const interval = limits.pollIntervalMs * jitter()
          const left = interval - (performance.now() - began)
          await pause(Math.max(left, interval * LEAST_PAUSE), signal)
        }
      })
    }
  }
}

/** So that several installations do not ask in step. */
function jitter(): number {
  return 0.9 + Math.random() * 0.2
}

const OBSERVED_AT_LEAST_EVERY_MS = 60_000

/** Worth a write: something changed, or what is stored looks old. */
function isNews(submission: Watched, { state, finalStatus }: Application): boolean {
  return (
    (submission.stale !== null && submission.stale !== HOST_UNREACHABLE) ||
    submission.yarnState !== state ||
    submission.finalStatus !== finalStatus ||
    // Also when the clock was set back meanwhile.
    Math.abs(Date.now() - (submission.observedAt ?? 0)) > OBSERVED_AT_LEAST_EVERY_MS
  )
}
