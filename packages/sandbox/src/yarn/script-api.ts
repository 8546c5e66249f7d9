import type { AmScript } from './am-script.ts'
import {
  type Application,
  type AttemptStage,
  currentAttempt,
  type FinalStatus,
  ImpossibleTransition,
  type InternalState,
  type Resource
} from './application.ts'
import type { Applications } from './applications.ts'
import type { Cluster } from './cluster.ts'
import type { Killer, Life } from './life.ts'
import { type Player, scriptOf } from './player.ts'
import { queueName } from './submission-routes.ts'

export interface SubmitOptions {
  /** A particular id; default the next one. */
  readonly id?: string
  readonly name?: string
  readonly type?: string
  readonly queue?: string
  readonly user?: string
  readonly tags?: readonly string[]
  readonly resource?: Resource
  readonly maxAttempts?: number
  readonly priority?: number
  readonly nodeLabelExpression?: string
  readonly unmanaged?: boolean
  /** With it the stand-in plays the application by the clock; without it the script moves it. */
  readonly am?: Partial<AmScript> & Pick<AmScript, 'kind'>
  readonly delayVisibilityMs?: number
}

export interface AdvanceOptions {
  readonly finalStatus?: FinalStatus
  readonly diagnostics?: string
  /** Of ACCEPTED: how far the attempt is; default `launched`. */
  readonly stage?: Extract<AttemptStage, 'new' | 'scheduled' | 'launched'>
  readonly progress?: number
  readonly rpcPort?: number
  /** Who kills it, for KILLING and KILLED; default the owner. */
  readonly killer?: Killer
  /** Containers besides the AM's, from RUNNING on. */
  readonly executors?: number
}

export interface ScriptParts {
  readonly cluster: Cluster
  readonly apps: Applications
  readonly life: Life
  readonly player: Player
}

/** What tests do to applications, past the wire. */
export class ScriptApi {
  readonly #parts: ScriptParts

  constructor(parts: ScriptParts) {
    this.#parts = parts
  }

  /** Submits; the application is in SUBMITTED, refused when its queue is unknown. Returns its id. */
  submit(options: SubmitOptions): string {
    const { apps, cluster, life, player } = this.#parts
    const app = apps.add(
      {
        id: options.id ?? apps.nextId(),
        user: options.user ?? 'alice',
        name: options.name ?? 'N/A',
        queue: queueName(cluster, options.queue ?? 'default'),
        type: options.type ?? 'SPARK',
        tags: options.tags ?? [],
        priority: options.priority ?? 0,
        nodeLabelExpression: options.nodeLabelExpression,
        resource: options.resource ?? { memory: 768, vCores: 1 },
        maxAttempts: options.maxAttempts ?? 2,
        unmanaged: options.unmanaged ?? false
      },
      options.delayVisibilityMs ?? 0
    )
    if (options.am) {
      player.start(app, { kind: 'script', script: scriptOf(options.am) })
    } else {
      life.save(app)
      life.submit(app)
    }
    return app.id
  }

  /**
   * Takes an application to a later state through all the states between, and holds it there.
   * Throws when the state cannot be reached.
   */
  advance(id: string, to: InternalState, options: AdvanceOptions = {}): void {
    const app = this.find(id)
    const { life, player } = this.#parts
    player.hold(id)
    if (to === 'KILLED') {
      life.killAtOnce(app, options.killer ?? { user: app.user, reason: '' })
    } else if (to === 'KILLING') {
      life.kill(app, options.killer ?? { user: app.user, reason: '' })
    } else if (to === 'FAILED') {
      this.#fail(app, options)
    } else {
      while (app.state !== to) this.#step(app, to, options)
    }
    if (to === 'ACCEPTED') this.#stage(app, options.stage ?? 'launched')
    if (app.state !== to) throw new ImpossibleTransition(app, to)
    if (options.progress !== undefined) app.progress = options.progress
  }

  /** The AM of the current attempt dies: back to ACCEPTED with the next attempt, or FAILED. */
  failAttempt(id: string, exitCode = 1, diagnostics = ''): void {
    const app = this.find(id)
    const { life, player } = this.#parts
    player.hold(id)
    life.failAttempt(app, exitCode, diagnostics)
    if (app.state === 'ACCEPTED') life.schedule(app)
    else life.saved(app)
  }

  find(id: string): Application {
    const app = this.#parts.apps.get(id)
    if (!app) throw new Error(`the ResourceManager does not know ${id}`)
    return app
  }

  #fail(app: Application, options: AdvanceOptions): void {
    const { life } = this.#parts
    while (app.state === 'NEW' || app.state === 'NEW_SAVING' || app.state === 'SUBMITTED') {
      this.#step(app, 'FAILED', options)
    }
    while (app.state === 'ACCEPTED' || app.state === 'RUNNING') {
      if (app.state === 'ACCEPTED') this.#stage(app, 'launched')
      life.failAttempt(app, 1, options.diagnostics)
    }
    if (app.state === 'FINAL_SAVING') life.saved(app)
  }

  #step(app: Application, to: InternalState, options: AdvanceOptions): void {
    const { life } = this.#parts
    const { finalStatus = 'SUCCEEDED', diagnostics = '' } = options
    const steps: Partial<Record<InternalState, () => void>> = {
      NEW: () => life.save(app),
      NEW_SAVING: () => life.submit(app),
      SUBMITTED: () => life.accept(app),
      ACCEPTED: () => this.#run(app, options),
      RUNNING: () => life.unregister(app, { finalStatus, diagnostics }),
      FINAL_SAVING: () => life.saved(app),
      FINISHING: () => life.finished(app)
    }
    const step = steps[app.state]
    if (!step) throw new ImpossibleTransition(app, to)
    step()
  }

  #run(app: Application, options: AdvanceOptions): void {
    const { life } = this.#parts
    this.#stage(app, 'launched')
    life.register(app, options.rpcPort)
    for (let more = options.executors ?? 0; more > 0; more--) life.addContainer(app)
  }

  #stage(app: Application, wanted: 'new' | 'scheduled' | 'launched'): void {
    const { life } = this.#parts
    if (wanted !== 'new' && currentAttempt(app)?.stage === 'new') life.schedule(app)
    if (wanted === 'launched' && currentAttempt(app)?.stage === 'scheduled') life.launch(app)
  }
}
