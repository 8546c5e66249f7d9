import {
  type Application,
  applicationId,
  isFinal,
  type PublicState,
  type Resource
} from './application.ts'
import type { Cluster } from './cluster.ts'

/** `yarn.resourcemanager.max-completed-applications` of Hadoop 3. */
const maxCompleted = 1000
/** `yarn.scheduler.capacity.maximum-applications`. */
export const maxLive = 10_000

export interface Submission {
  readonly id: string
  readonly user: string
  readonly name: string
  readonly queue: string
  readonly type: string
  readonly tags: readonly string[]
  readonly priority: number
  readonly nodeLabelExpression: string | undefined
  readonly resource: Resource
  readonly maxAttempts: number
  readonly unmanaged: boolean
}

/** The applications that the ResourceManager remembers, in order of submission. */
export class Applications {
  readonly #cluster: Cluster
  readonly #apps = new Map<string, Application>()
  #sequence = 0

  constructor(cluster: Cluster) {
    this.#cluster = cluster
  }

  /** Hands out an id. It is no application until it is submitted. */
  nextId(): string {
    let id: string
    do {
      this.#sequence++
      id = applicationId(this.#cluster.activatedAt, this.#sequence)
    } while (this.#apps.has(id))
    return id
  }

  add(submission: Submission, visibleAfterMs: number): Application {
    const now = this.#cluster.clock()
    const app: Application = {
      ...submission,
      tags: [...new Set(submission.tags.map((tag) => tag.toLowerCase()))].sort(),
      startedTime: now,
      launchTime: 0,
      finishedTime: 0,
      state: 'NEW',
      publicState: 'NEW',
      saving: 'KILLED',
      finalStatus: 'UNDEFINED',
      progress: 0,
      diagnostics: '',
      rejected: false,
      attempts: [],
      visibleFrom: now + visibleAfterMs,
      heldKills: 0
    }
    this.#apps.set(app.id, app)
    return app
  }

  /** Puts back what a state file remembered. */
  restore(app: Application): void {
    this.#apps.set(app.id, app)
  }

  get(id: string): Application | undefined {
    return this.#apps.get(id)
  }

  all(): Application[] {
    return [...this.#apps.values()]
  }

  live(): Application[] {
    return this.all().filter((app) => !isFinal(app))
  }

  in(state: PublicState): Application[] {
    return this.all().filter((app) => app.publicState === state)
  }

  /** What clients can see yet. */
  visible(): Application[] {
    const now = this.#cluster.clock()
    return this.all().filter((app) => app.visibleFrom <= now)
  }

  find(id: string): Application | undefined {
    const app = this.#apps.get(id)
    return app && app.visibleFrom <= this.#cluster.clock() ? app : undefined
  }

  remove(id: string): boolean {
    return this.#apps.delete(id)
  }

  /** Ids start again at 1, as after a failover. */
  restartSequence(): void {
    this.#sequence = 0
  }

  /** Forgets the oldest ended applications beyond the limit and tells which. */
  evictExcess(): Application[] {
    let excess = this.#apps.size - this.live().length - maxCompleted
    const evicted: Application[] = []
    for (const app of this.#apps.values()) {
      if (excess <= 0) break
      if (!isFinal(app)) continue
      this.#apps.delete(app.id)
      evicted.push(app)
      excess--
    }
    return evicted
  }
}
