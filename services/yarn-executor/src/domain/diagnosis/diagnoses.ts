import type { Application } from '@scheduler-task/yarn-client/application'
import type { ResourceManager } from '@scheduler-task/yarn-client/resource-manager'
import { createSingleFlight } from '@scheduler-task/yarn-client/single-flight'
import { unlessAborted, withinTime } from '@scheduler-task/yarn-client/time-limit'
import type { JobLogs } from '../job-logs.ts'
import type { JobSecrets } from '../job-secrets.ts'
import type { Log } from '../log.ts'
import { type Attempt, isOver, isStarting, type Submission } from '../submission.ts'
import type { Submissions } from '../submissions.ts'
import { diagnose } from './diagnose.ts'
import type { Diagnosis, Facts, QueueRoom } from './diagnosis.ts'
import type { LogExcerpts } from './log-excerpts.ts'
import { roomOf } from './queue-room.ts'

export interface Diagnoses {
  /** Why it is pending or has failed; who asks for the same meanwhile shares the answer. Throws a `Refusal` (404). */
  of: (id: string, signal?: AbortSignal) => Promise<Diagnosis>
}

type Needs = Readonly<{
  submissions: Pick<Submissions, 'find' | 'attempts' | 'standing'>
  secretsOf: JobSecrets
  /** Its answers are shown, not proofs: shared reads will do. */
  rm: Pick<ResourceManager, 'application' | 'schedulerText'>
  excerpts: LogExcerpts
  placeOf: JobLogs['placeOf']
  log: Log
}>

/** For each of the ResourceManager and the log: what does not come in time is left out. */
const LONGEST_MS = 3000

export function createDiagnoses(needs: Needs): Diagnoses {
  const { submissions, secretsOf, rm, excerpts, placeOf, log } = needs
  const flights = createSingleFlight<Diagnosis>()

  async function make(id: string, signal: AbortSignal): Promise<Diagnosis> {
    const submission = await submissions.find(id)
    const attempt = deciding(await submissions.attempts(id))
    const [secrets, asked, read] = await Promise.all([
      secretsOf(submission),
      askYarn(submission, signal),
      textsOf(submission, attempt, signal)
    ])
    const standing = submissions.standing(id)
    const facts = { submission, attempt, standing, ...read, ...asked, now: Date.now() }
    return diagnose(facts, secrets)
  }

  /** Of one that lives on YARN; of its queue only when it waits for room there. */
  async function askYarn(submission: Submission, signal: AbortSignal) {
    const { applicationId } = submission
    if (applicationId === null || isOver(submission) || isStarting(submission)) return NOT_ASKED
    const application = await orNothing('the ResourceManager', signal, (limit) =>
      rm.application(applicationId, limit)
    )
    if (!application || !waitsForRoom(application)) return { application, room: undefined }
    const report = await orNothing('the ResourceManager', signal, rm.schedulerText)
    const room: QueueRoom | undefined = report ? roomOf(report, application.queue) : undefined
    return { application, room }
  }

  /** What a job that waits on YARN, or has gone well, logs says nothing of why. */
  async function textsOf(
    submission: Submission,
    attempt: Attempt | undefined,
    signal: AbortSignal
  ): Promise<Pick<Facts, 'texts' | 'unread'>> {
    const { id, state, outcome } = submission
    if (!LOGS_TELL.has(state) || outcome === 'SUCCEEDED') return { texts: [] }
    const found = await orNothing('the log', signal, (limit) => unlessAborted(read(), limit))
    return found ?? { texts: [], unread: 'Its log could not be read in time.' }

    async function read(): Promise<Pick<Facts, 'texts' | 'unread'>> {
      const place = await placeOf(id)
      if (place.kind !== 'elsewhere') return { texts: await excerpts.of(submission, attempt) }
      return { texts: [], unread: `Its log is on host ${place.hostId}, and was not read.` }
    }
  }

  async function orNothing<T>(
    what: string,
    signal: AbortSignal,
    ask: (limit: AbortSignal) => Promise<T>
  ): Promise<T | undefined> {
    try {
      return await withinTime(LONGEST_MS, signal, ask)
    } catch (err) {
      signal.throwIfAborted()
      log.info({ err }, `${what} cannot be asked for a diagnosis`)
      return undefined
    }
  }

  return { of: (id, signal) => flights.run(id, (shared) => make(id, shared), signal) }
}

const NOT_ASKED = { application: undefined, room: undefined }

const LOGS_TELL: ReadonlySet<string> = new Set([
  'LAUNCHING',
  'RUNNING',
  'FINISHED',
  'FAILED',
  'REJECTED'
])

function waitsForRoom({ state, diagnostics }: Application): boolean {
  return state !== 'RUNNING' && diagnostics.includes('waiting for resources to be assigned')
}

/** The attempt whose application it is: the last one that was started. */
function deciding(attempts: readonly Attempt[]): Attempt | undefined {
  return attempts.findLast(({ exit }) => exit?.kind !== 'not-started') ?? attempts.at(-1)
}
