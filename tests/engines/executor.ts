import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { untilWithin } from '@scheduler-task/test-support/until'
import type { Test } from 'tap'
import { z } from 'zod'
import { freshDirectory } from '../support/fresh-directory.ts'
import { type ServiceProcess, startService } from '../support/service-process.ts'
import { killLauncherProcessesWith, launcherProcessesWith } from './processes-of.ts'
import { ResourceManager } from './resource-manager.ts'

const job = z.object({
  id: z.string(),
  taskName: z.string(),
  state: z.string(),
  reason: z.string().nullable(),
  reasonText: z.string().nullable(),
  applicationId: z.string().nullable(),
  stale: z.object({ reason: z.string() }).nullable(),
  operation: z.object({ kind: z.string(), problem: z.string().nullable() }).nullable(),
  outcome: z.string().nullable(),
  evidence: z.array(z.object({ source: z.string(), text: z.string() })),
  warnings: z.array(z.object({ code: z.string(), text: z.string() })),
  tags: z.object({ installation: z.string(), submission: z.string() })
})
const attempts = z.array(
  z.object({
    id: z.string(),
    tag: z.string(),
    exit: z.object({ kind: z.string() }).nullable()
  })
)
const jobDetail = job.extend({ attempts })
const jobList = z.object({ items: z.array(job), total: z.number() })
const logPart = z.object({
  items: z.array(z.object({ source: z.string(), text: z.string() })),
  next: z.number(),
  size: z.number(),
  complete: z.boolean()
})
const diagnosis = z.object({
  causes: z.array(
    z.object({
      code: z.string(),
      sentence: z.string(),
      evidence: z.array(z.object({ source: z.string(), text: z.string() }))
    })
  )
})
const jobEvents = z.object({ items: z.array(z.object({ what: z.string() })) })

export type Job = z.output<typeof job>
export type LogLine = z.output<typeof logPart>['items'][number]
export type Cause = z.output<typeof diagnosis>['causes'][number]
export type JobDetail = z.output<typeof jobDetail>

/** Body of `POST /executor/v2/jobs`. */
export type JobBody = Readonly<{
  engine: 'spark' | 'flink'
  taskName: string
  config?: string
  configFile?: string
  profile?: string
  deployMode?: 'client' | 'cluster'
  queue?: string
  variables?: Readonly<Record<string, string>>
  conf?: Readonly<Record<string, string>>
  args?: readonly string[]
  mainClass?: string
}>

/** A shared machine may be slow; nothing here is measured against it. */
const WAIT_MS = 120_000
const ENDED: readonly string[] = ['FINISHED', 'FAILED', 'KILLED', 'REJECTED', 'LOST']
const OUT_OF_REACH: readonly number[] = [502, 503, 504]

/**
 * The executor alone, as a process that is killed and started again on what it had kept, and a client that insists:
 * what is not answered is asked for once more, submissions with their key.
 */
export class Executor {
  /** How often it was killed. */
  kills = 0
  readonly rm: ResourceManager
  readonly #test: Test
  readonly #variables: Record<string, string>
  #service: ServiceProcess | undefined
  /** The tag of everything that it starts. */
  #installation = 'none yet'

  private constructor(t: Test, variables: Record<string, string>) {
    this.#test = t
    this.#variables = variables
    this.rm = new ResourceManager(String(variables.YARN_RM_URL).split(',')[0] ?? '')
  }

  /**
   * Started, with directories of its own. At the end of the test it ends, and with it all applications that bear its
   * tag and all processes that its launchers left.
   */
  static async start(
    t: Test,
    environment: Readonly<Record<string, string>>,
    overrides: Readonly<Record<string, string>> = {}
  ): Promise<Executor> {
    const executor = new Executor(t, {
      HOST: '127.0.0.1',
      AUTH_MODE: 'off',
      FILE_ROOT: freshDirectory(t),
      DATA_DIR: freshDirectory(t),
      POLL_INTERVAL_MS: '500',
      LOOK_UP_INTERVAL_MS: '300',
      SUBMIT_HORIZON_MS: '3000',
      ...environment,
      ...overrides
    })
    t.teardown(() => executor.#clear())
    await executor.resume()
    return executor
  }

  /** Another one after each start. */
  get url(): string {
    return this.#service?.url ?? 'http://127.0.0.1:1'
  }

  /** SIGKILL; resolves once it is gone. */
  async kill(): Promise<void> {
    this.kills += 1
    const service = this.#service
    this.#service = undefined
    await service?.stop('SIGKILL')
  }

  /** Starts it again on what it had kept. */
  async resume(): Promise<void> {
    this.#service = await startService(this.#test, '@scheduler-task/yarn-executor', this.#variables)
  }

  /** {@link kill}, then {@link resume}. */
  async crash(): Promise<void> {
    await this.kill()
    await this.resume()
  }

  /** Insists until the job is accepted; throws when it is refused. */
  async submit(body: JobBody, key: string = randomUUID()): Promise<Job> {
    const headers = { 'content-type': 'application/json', 'idempotency-key': key }
    const sent = { method: 'POST', headers, body: JSON.stringify(body) }
    const answer = await this.#insist('/executor/v2/jobs', sent)
    if (answer.status !== 202) throw new Error(`${body.taskName}: ${JSON.stringify(answer)}`)
    const accepted = job.parse(answer.body)
    this.#installation = accepted.tags.installation
    return accepted
  }

  /** Insists until the wish is kept, or the job is over. */
  async stop(id: string): Promise<void> {
    const { status, body } = await this.#insist(`/executor/v2/jobs/${id}/stop`, { method: 'POST' })
    if (status !== 202 && status !== 409) throw new Error(`${status} ${JSON.stringify(body)}`)
  }

  async job(id: string): Promise<JobDetail> {
    return jobDetail.parse((await this.#insist(`/executor/v2/jobs/${id}`)).body)
  }

  /** All that it knows; at most 500. */
  async jobs(): Promise<Job[]> {
    return jobList.parse((await this.#insist('/executor/v2/jobs?limit=500')).body).items
  }

  /** Everything that the job ever was and that happened to it, in order. */
  async history(id: string): Promise<string[]> {
    const { items } = jobEvents.parse((await this.#insist(`/executor/v2/jobs/${id}/events`)).body)
    return items.map(({ what }) => what)
  }

  /** Why it has failed or waits, the most likely first. */
  async diagnosis(id: string): Promise<Cause[]> {
    return diagnosis.parse((await this.#insist(`/executor/v2/jobs/${id}/diagnosis`)).body).causes
  }

  /**
   * The diagnosis once it says something that fits, or has had its time: what only the log of a driver says is known
   * later than the end.
   */
  async diagnosisThat(id: string, fits: RegExp): Promise<Cause[]> {
    const deadline = performance.now() + WAIT_MS
    while (true) {
      const causes = await this.diagnosis(id)
      if (fits.test(JSON.stringify(causes)) || performance.now() > deadline) return causes
      await delay(200)
    }
  }

  /** The first line of its log that fits and lies behind `from`, with the place behind its part; waits for it. */
  async lineThat(
    id: string,
    fits: (line: LogLine) => boolean,
    from = 0
  ): Promise<LogLine & { next: number }> {
    let place = from
    return await untilWithin(2 * WAIT_MS, `a line of the log of ${id}`, async () => {
      const path = `/executor/v2/jobs/${id}/log?from=${place}&size=262144`
      const part = logPart.parse((await this.#insist(path)).body)
      place = part.next
      const line = part.items.find(fits)
      if (line) return { ...line, next: part.next }
      if (part.complete && part.next === part.size) {
        throw new Error(`The log of ${id} is complete and has no such line`)
      }
      return await delay(part.items.length > 0 ? 0 : 200)
    })
  }

  /** The job once it is in one of the states; throws at once when it has ended in another. */
  async reached(id: string, ...states: string[]): Promise<JobDetail> {
    return await this.jobWhere(id, `it is ${states}`, ({ state }) => states.includes(state))
  }

  /** The job once something holds of it; throws at once when it has ended and does not. */
  async jobWhere(id: string, what: string, holds: (job: JobDetail) => boolean): Promise<JobDetail> {
    const deadline = performance.now() + WAIT_MS
    while (true) {
      const now = await this.job(id)
      if (holds(now)) return now
      const over = ENDED.includes(now.state) && now.outcome !== null
      if (over || performance.now() > deadline) {
        const history = (await this.history(id)).join(', ')
        throw new Error(`Waited until ${what}: ${JSON.stringify(now)} after ${history}`)
      }
      await delay(50)
    }
  }

  /** What the launchers of a job have left on this host, `pid arguments` each. */
  async processesOf({ attempts }: JobDetail): Promise<string[]> {
    return (await Promise.all(attempts.map(({ id }) => launcherProcessesWith(id)))).flat()
  }

  async #insist(
    path: string,
    options: RequestInit = {}
  ): Promise<{ status: number; body: unknown }> {
    return await untilWithin(WAIT_MS, `${path} is answered`, async () => {
      try {
        const signal = AbortSignal.timeout(10_000)
        const response = await fetch(`${this.url}${path}`, { ...options, signal })
        const body: unknown = await response.json()
        if (!OUT_OF_REACH.includes(response.status)) return { status: response.status, body }
      } catch {
        // It was killed before it could answer, or does not listen yet.
      }
      return await delay(30)
    })
  }

  async #clear(): Promise<void> {
    await this.#service?.stop('SIGKILL')
    const user = String(this.#variables.YARN_USER)
    for (const { id, applicationTags } of await this.rm.liveApps()) {
      if (applicationTags.includes(this.#installation)) await this.rm.kill(id, user)
    }
    await killLauncherProcessesWith(`${this.#variables.DATA_DIR}/attempts/`)
  }
}
