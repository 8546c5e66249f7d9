import {
  type Application,
  type Attempt,
  attemptId,
  currentAttempt,
  enter,
  type FinalStatus,
  idStem,
  isFinal,
  isFinalStateStored
} from './application.ts'
import type { Cluster } from './cluster.ts'
import type { ContainerLogs } from './container-logs.ts'
import { findQueue } from './queues.ts'
import { schedulerSentence } from './scheduler-sentence.ts'

const awaitsRegistration = 'AM container is launched, waiting for AM container to Register with RM'

export interface Ending {
  readonly finalStatus: FinalStatus
  readonly diagnostics: string
}

export interface Killer {
  readonly user: string
  /** Text of the request, '' when none was sent. */
  readonly reason: string
  /** Known for kills over Hadoop's own RPC only. */
  readonly address?: string
}

/** The single steps in an application's life, without any waiting. `changed` follows each of them. */
export class Life {
  readonly #cluster: Cluster
  readonly #logs: ContainerLogs
  readonly #changed: (app: Application) => void

  constructor(cluster: Cluster, logs: ContainerLogs, changed: (app: Application) => void) {
    this.#cluster = cluster
    this.#logs = logs
    this.#changed = changed
  }

  save(app: Application): void {
    enter(app, 'NEW_SAVING')
    this.#changed(app)
  }

  submit(app: Application): void {
    enter(app, 'SUBMITTED')
    this.#changed(app)
  }

  /** ACCEPTED with a first attempt, or refused because there is no such queue. */
  accept(app: Application): void {
    const { scheduler, queues } = this.#cluster
    const queue = findQueue(queues, app.queue)
    if (scheduler === 'capacity' && (!queue || queue.children.length > 0)) {
      app.rejected = true
      const reason = `Application ${app.id} submitted by user ${app.user} to unknown queue: ${app.queue}`
      this.#saveFinal(app, 'FAILED', { finalStatus: 'FAILED', diagnostics: reason })
      return
    }
    enter(app, 'ACCEPTED')
    this.#newAttempt(app)
    this.#changed(app)
  }

  /** The scheduler knows the attempt and looks for room. */
  schedule(app: Application): void {
    const attempt = needAttempt(app)
    attempt.stage = 'scheduled'
    app.diagnostics = schedulerSentence(this.#cluster, app)
    this.#changed(app)
  }

  /** The AM's container runs, the AM has not registered yet. */
  launch(app: Application): void {
    const attempt = needAttempt(app)
    const now = this.#cluster.clock()
    attempt.stage = 'launched'
    attempt.launchTime = now
    app.launchTime ||= now
    attempt.containerId = this.addContainer(app)
    app.diagnostics = awaitsRegistration
    this.#changed(app)
  }

  /** One more container for the current attempt; its id. */
  addContainer(app: Application): string {
    const attempt = needAttempt(app)
    const epoch = this.#cluster.epoch > 0 ? `e${this.#cluster.epoch}_` : ''
    const ordinal = String(attempt.number).padStart(2, '0')
    const sequence = String(attempt.containers.length + 1).padStart(6, '0')
    const id = `container_${epoch}${idStem(app.id)}_${ordinal}_${sequence}`
    attempt.containers.push(id)
    this.#logs.open(id, app, this.#cluster.clock())
    return id
  }

  /** The AM has registered: RUNNING. */
  register(app: Application, rpcPort?: number): void {
    const attempt = needAttempt(app)
    enter(app, 'RUNNING')
    attempt.stage = 'registered'
    attempt.rpcPort = rpcPort
    app.diagnostics = ''
    this.#changed(app)
  }

  /** The AM says how it ended: FINAL_SAVING, to become FINISHED with that final status. */
  unregister(app: Application, ending: Ending): void {
    app.progress = 100
    this.#saveFinal(app, 'FINISHING', ending)
  }

  /**
   * The AM's process is gone. The next attempt starts, or the application fails when none is left.
   *
   * @param exitCode of the AM's process, for the diagnostics
   */
  failAttempt(app: Application, exitCode: number, diagnostics = ''): void {
    const attempt = needAttempt(app)
    this.#endAttempt(attempt)
    if (attempt.number < app.maxAttempts) {
      enter(app, 'ACCEPTED')
      this.#newAttempt(app)
      this.#changed(app)
      return
    }
    const page = `http://${this.#cluster.webAddress}/cluster/app/${app.id}`
    const limit =
      app.maxAttempts < 2 ? ` (global limit =2; local limit is =${app.maxAttempts})` : ''
    const text = `Application ${app.id} failed ${attempt.number} times${limit} due to AM Container for ${attemptId(app.id, attempt.number)} exited with  exitCode: ${exitCode}\nFailing this attempt.Diagnostics: ${diagnostics}For more detailed output, check the application tracking page: ${page} Then click on links to logs of each attempt.\n. Failing the application.`
    this.#saveFinal(app, 'FAILED', { finalStatus: 'FAILED', diagnostics: text })
  }

  /** A kill was asked for: KILLING where containers must go first, else FINAL_SAVING or KILLED. */
  kill(app: Application, killer: Killer): void {
    const suffix = killer.reason === '' ? '' : ` with diagnostic message: ${killer.reason}`
    const from = killer.address === undefined ? '' : ` at ${killer.address}`
    const diagnostics = `Application ${app.id} was killed by user ${killer.user}${from}${suffix}`
    if (app.state === 'ACCEPTED' || app.state === 'RUNNING') {
      enter(app, 'KILLING')
      app.diagnostics = diagnostics
      this.#changed(app)
    } else if (app.state === 'NEW') {
      app.diagnostics = diagnostics
      this.#settle(app, 'KILLED')
    } else if (app.state === 'NEW_SAVING' || app.state === 'SUBMITTED') {
      this.#saveFinal(app, 'KILLED', { finalStatus: 'UNDEFINED', diagnostics })
    }
  }

  /** The containers of a killed application are gone: FINAL_SAVING. */
  killed(app: Application): void {
    if (app.launchTime > 0) app.progress = 100
    const { diagnostics } = app
    this.#saveFinal(app, 'KILLED', { finalStatus: 'UNDEFINED', diagnostics })
  }

  /** The final state is stored: FINISHING, FAILED or KILLED. */
  saved(app: Application): void {
    if (app.saving === 'FINISHING') {
      enter(app, 'FINISHING')
      this.#changed(app)
    } else {
      this.#settle(app, app.saving)
    }
  }

  /** The AM's container has exited: FINISHED. */
  finished(app: Application): void {
    this.#settle(app, 'FINISHED')
  }

  /** Whatever state it is in: KILLED, as if all the steps had been taken. */
  killAtOnce(app: Application, killer: Killer): void {
    if (isFinal(app)) return
    if (!isFinalStateStored(app)) this.kill(app, killer)
    if (app.state === 'KILLING') this.killed(app)
    if (app.state === 'FINAL_SAVING') this.saved(app)
    if (app.state === 'FINISHING') this.finished(app)
  }

  #newAttempt(app: Application): void {
    app.attempts.push({
      number: app.attempts.length + 1,
      stage: 'new',
      startTime: this.#cluster.clock(),
      launchTime: 0,
      finishedTime: 0,
      containerId: '',
      containers: [],
      rpcPort: undefined
    })
    app.progress = 0
    app.diagnostics = ''
  }

  #endAttempt(attempt: Attempt): void {
    attempt.stage = 'ended'
    attempt.finishedTime = this.#cluster.clock()
    for (const id of attempt.containers) this.#logs.end(id)
  }

  #saveFinal(app: Application, saving: Application['saving'], ending: Ending): void {
    enter(app, 'FINAL_SAVING')
    app.saving = saving
    app.finishedTime = this.#cluster.clock()
    app.finalStatus = ending.finalStatus
    app.diagnostics = ending.diagnostics
    this.#changed(app)
  }

  #settle(app: Application, state: 'FINISHED' | 'FAILED' | 'KILLED'): void {
    enter(app, state)
    app.finishedTime ||= this.#cluster.clock()
    if (state !== 'FINISHED') app.finalStatus = state
    const attempt = currentAttempt(app)
    if (attempt && attempt.stage !== 'ended') {
      this.#endAttempt(attempt)
      attempt.finishedTime = app.finishedTime
    }
    if (attempt && state === 'KILLED') attempt.rpcPort = undefined
    this.#changed(app)
  }
}

function needAttempt(app: Application): Attempt {
  const attempt = currentAttempt(app)
  if (!attempt) throw new Error(`${app.id} has no attempt yet`)
  return attempt
}
