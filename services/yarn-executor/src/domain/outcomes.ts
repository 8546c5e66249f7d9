import { pause } from '@scheduler-task/yarn-client/time-limit'
import type { DriverOutput } from './container-logs/driver-output.ts'
import type { JobStore } from './job-store.ts'
import { refOf, saidOf } from './launcher-watch.ts'
import type { KnownProfile } from './launching.ts'
import { createLeftBehind, type JobsOfEngine } from './left-behind.ts'
import { judge, needsDriverOutput, withDriverOutput } from './outcome.ts'
import type { Parts } from './parts.ts'
import { type Attempt, isOver, type Submission, type Verdict } from './submission.ts'

/**
 * Says how submissions went. The last piece of evidence may come from anywhere: the final state from the watcher, a
 * stop or a start that was given up, the launcher's end from whoever follows it. So it is looked at after each of them.
 */
export interface Outcomes {
  /** The same store; whoever writes evidence through it needs to do nothing else. */
  store: JobStore
  /** For the start of the service: judges what a former process of it, or another one, has left without an outcome. */
  catchUp: () => void
}

/** What outcomes ask others for. */
export type OutcomeSources = Readonly<{ jobsOfEngine: JobsOfEngine; driverOutput: DriverOutput }>

const AT_ONCE = 100
/** One of several processes may end while it judges. */
const CATCH_UP_EVERY_MS = 30_000

export function createOutcomes(
  parts: Parts,
  { jobsOfEngine, driverOutput }: OutcomeSources
): Outcomes {
  const { store, launching, background, limits, ownership } = parts
  /** Whose driver's output is being read. */
  const reading = new Set<string>()
  const leftBehind = createLeftBehind(parts, jobsOfEngine)

  function consider(submissionId: string): void {
    const ids = { submissionId }
    background.run('judging', ids, () =>
      background.insist('judging', ids, async () => {
        const submission = await store.find(submissionId)
        if (submission) await look(submission, deciding(await store.attemptsOf(submissionId)))
      })
    )
  }

  async function look(submission: Submission, attempt: Attempt | undefined): Promise<void> {
    if (submission.outcome !== null) return
    if (!isOver(submission)) return leftBehind.notice(submission, attempt)
    const verdict = judge(submission, attempt)
    if (!verdict) return
    if (
      !needsDriverOutput(verdict, submission, { swallowsErrors: swallows(submission, attempt) })
    ) {
      await store.setOutcome(submission.id, verdict)
    } else if (!reading.has(submission.id)) askDriver(submission, verdict)
  }

  /** Takes its time, and keeps nobody waiting. */
  function askDriver(submission: Submission, verdict: Verdict): void {
    const ids = { submissionId: submission.id }
    const what = 'reading the output of a driver'
    reading.add(submission.id)
    const work = async () => {
      const word = await driverOutput.read(submission, limits.driverLogMs, background.signal)
      await store.setOutcome(submission.id, withDriverOutput(verdict, word))
    }
    background.run(what, ids, () =>
      background.insist(what, ids, work).finally(() => reading.delete(submission.id))
    )
  }

  function swallows({ engine }: Submission, attempt: Attempt | undefined): boolean {
    const isProfile = (one: KnownProfile) => one.name === attempt?.profile && one.engine === engine
    return launching.profiles().some((one) => isProfile(one) && one.swallowsErrors)
  }

  async function judgeWithout(): Promise<void> {
    for (let after: string | undefined; ; ) {
      const part = await store.withoutOutcome({ limit: AT_ONCE, ...(after && { after }) })
      for (const submission of part) {
        const attempt = deciding(await store.attemptsOf(submission.id))
        await look(submission, attempt && (await withOutput(attempt)))
      }
      after = part.at(-1)?.id
      if (part.length < AT_ONCE) break
    }
  }

  async function catchUp(): Promise<void> {
    await judgeWithout()
    const open = new Set((await store.openAttempts()).map((one) => one.submissionId))
    for (const submission of await store.live()) {
      background.signal.throwIfAborted()
      const ended = leftBehind.concerns(submission) && !open.has(submission.id)
      if (ended) await look(submission, deciding(await store.attemptsOf(submission.id)))
    }
  }

  /** Its output was not looked at when an older version of this service noted its end. */
  async function withOutput(attempt: Attempt): Promise<Attempt> {
    if (attempt.exit === null || attempt.failure !== null) return attempt
    const failure = await saidOf(launching, refOf(attempt), attempt.exit)
    return failure ? { ...attempt, failure } : attempt
  }

  const told: Pick<JobStore, 'change' | 'attemptEnded'> = {
    change: async (id, change) => {
      const after = await store.change(id, change)
      if (isOver(after) || leftBehind.concerns(after)) consider(id)
      return after
    },
    attemptEnded: async (id, exit, failure) => {
      const submissionId = await store.attemptEnded(id, exit, failure)
      if (submissionId !== undefined) consider(submissionId)
      return submissionId
    }
  }
  return {
    store: withMethods(store, told),
    catchUp: () =>
      background.run('catching up on outcomes', {}, async () => {
        await background.insist('catching up on outcomes', {}, catchUp)
        for (;;) {
          await pause(CATCH_UP_EVERY_MS, background.signal)
          if (ownership.leads()) {
            await background.insist('catching up on outcomes', {}, judgeWithout)
          }
        }
      })
  }
}

/** The attempt whose application it is: the last one that was started. */
function deciding(attempts: readonly Attempt[]): Attempt | undefined {
  return attempts.findLast(({ exit }) => exit?.kind !== 'not-started') ?? attempts.at(-1)
}

/** The same store but for some methods. */
function withMethods(store: JobStore, own: Partial<JobStore>): JobStore {
  return new Proxy(store, {
    get: (target, name) => Reflect.get(name in own ? own : target, name)
  })
}
