import { type AmScript, amScript } from './am-script.ts'
import { type Application, currentAttempt, isFinal, isFinalStateStored } from './application.ts'
import type { Cluster } from './cluster.ts'
import type { ContainerLogs } from './container-logs.ts'
import type { Ending, Killer, Life } from './life.ts'
import type { Timers } from './timers.ts'

const defaultFinishMs = 2000
const failureAfterRunningMs = 100

/** What plays the ApplicationMaster: a script, or the shell command of a plain submission. */
export type Part =
  | { readonly kind: 'script'; readonly script: AmScript }
  | { readonly kind: 'command'; readonly lastsMs: number; readonly exitCode: number }

interface Play {
  readonly part: Part
  readonly cancels: Set<() => void>
  drivers: number
  driverSeen: boolean
  /** Set while the AM of client mode waits for its driver. */
  onDriver: (() => void) | undefined
}

export interface PlayerParts {
  readonly cluster: Cluster
  readonly life: Life
  readonly logs: ContainerLogs
  readonly timers: Timers
}

/** Takes applications through their life by the clock. */
export class Player {
  readonly #parts: PlayerParts
  readonly #plays = new Map<string, Play>()

  constructor(parts: PlayerParts) {
    this.#parts = parts
  }

  /** Plays a submitted application from NEW on. */
  start(app: Application, part: Part): void {
    const { timing } = this.#parts.cluster
    const { life } = this.#parts
    const play: Play = {
      part,
      cancels: new Set(),
      drivers: 0,
      driverSeen: false,
      onDriver: undefined
    }
    this.#plays.set(app.id, play)
    const acceptMs =
      (part.kind === 'script' ? part.script.acceptAfterMs : undefined) ?? timing.acceptMs
    const savingMs = Math.min(timing.newSavingMs, acceptMs)
    life.save(app)
    this.#after(app, savingMs, () => {
      life.submit(app)
      this.#after(app, acceptMs - savingMs, () => {
        life.accept(app)
        if (app.rejected) this.#settle(app)
        else this.#playAttempt(app, play)
      })
    })
  }

  /** Takes an application out of the player's hands; it stays as it is. */
  hold(id: string): void {
    const play = this.#plays.get(id)
    if (!play) return
    for (const cancel of play.cancels) cancel()
    play.cancels.clear()
    play.onDriver = undefined
  }

  /** Forgets an application that the ResourceManager forgot. */
  drop(id: string): void {
    this.hold(id)
    this.#plays.delete(id)
  }

  /** Carries out a kill: KILLING, then FINAL_SAVING, then KILLED, each for its time. */
  kill(app: Application, killer: Killer): void {
    const { timing } = this.#parts.cluster
    if (isFinalStateStored(app) || app.state === 'KILLING' || app.state === 'FINAL_SAVING') return
    this.hold(app.id)
    const { life } = this.#parts
    const containersRun = app.state === 'ACCEPTED' || app.state === 'RUNNING'
    life.kill(app, killer)
    this.#after(app, containersRun ? timing.killingMs : 0, () => {
      if (containersRun) life.killed(app)
      this.#settle(app)
    })
  }

  /** The AM unregisters now, registering first if it has not yet. */
  unregister(app: Application, ending: Ending): void {
    if (app.state !== 'ACCEPTED' && app.state !== 'RUNNING') return
    this.hold(app.id)
    if (app.state === 'ACCEPTED') this.#register(app)
    this.#parts.life.unregister(app, ending)
    this.#settle(app)
  }

  /** A driver has connected; the result must be called when its connection ends. */
  driverConnected(app: Application): () => void {
    const play = this.#plays.get(app.id)
    if (!play) return () => {}
    play.drivers++
    play.driverSeen = true
    play.onDriver?.()
    let left = false
    return () => {
      if (left) return
      left = true
      play.drivers--
      if (play.drivers === 0) this.#driverGone(app, play)
    }
  }

  #driverGone(app: Application, play: Play): void {
    if (isFinal(app) || play.part.kind !== 'script' || play.part.script.kind !== 'client-driver')
      return
    this.#after(app, this.#parts.cluster.timing.driverGoneMs, () =>
      this.unregister(app, { finalStatus: 'SUCCEEDED', diagnostics: '' })
    )
  }

  #playAttempt(app: Application, play: Play): void {
    const { cluster, life } = this.#parts
    life.schedule(app)
    if (cluster.nodes === 0) return
    const { part } = play
    const script = part.kind === 'script' ? part.script : undefined
    const registerMs = script?.registerAfterMs ?? cluster.timing.registerMs
    const launchMs = script
      ? Math.min(cluster.timing.launchMs, registerMs)
      : cluster.timing.launchMs
    this.#after(app, launchMs, () => {
      this.#launch(app, script)
      if (part.kind === 'command') this.#fails(app, play, part.lastsMs, part.exitCode)
      else if (part.script.failBeforeRegister) this.#fails(app, play, registerMs - launchMs, 1)
      else this.#after(app, registerMs - launchMs, () => this.#awaitDriver(app, play, part.script))
    })
  }

  #launch(app: Application, script: AmScript | undefined): void {
    const { cluster, life, logs } = this.#parts
    life.launch(app)
    const containerId = currentAttempt(app)?.containerId ?? ''
    const flink = app.type === 'Apache Flink'
    const [out, err] = flink ? ['jobmanager.out', 'jobmanager.err'] : ['stdout', 'stderr']
    const written = { [out]: script?.stdout, [err]: script?.stderr, ...script?.logs }
    for (const [file, text] of Object.entries(written)) {
      if (text !== undefined) logs.append(containerId, file, text, cluster.clock())
    }
  }

  #awaitDriver(app: Application, play: Play, script: AmScript): void {
    if (script.kind === 'managed' || play.driverSeen) {
      this.#run(app, play, script)
      return
    }
    const giveUp = this.#after(app, this.#parts.cluster.timing.driverWaitMs, () => {
      play.onDriver = undefined
      this.#failNow(app, play, 10, 'Failed to connect to driver!\n')
    })
    play.onDriver = () => {
      giveUp()
      play.onDriver = undefined
      this.#run(app, play, script)
    }
  }

  #run(app: Application, play: Play, script: AmScript): void {
    this.#register(app)
    this.#addExecutors(app, script)
    if (app.attempts.length <= script.failedAttempts) {
      this.#fails(app, play, failureAfterRunningMs, 1)
      return
    }
    const defaultMs = script.kind === 'managed' ? defaultFinishMs : null
    const finishMs = script.finishAfterMs === undefined ? defaultMs : script.finishAfterMs
    const { finalStatus, diagnostics } = script
    if (finishMs === null) return
    this.#after(app, finishMs, () => this.unregister(app, { finalStatus, diagnostics }))
  }

  #addExecutors(app: Application, script: AmScript): void {
    const { cluster, life, logs } = this.#parts
    for (let more = script.executors; more > 0; more--) {
      const containerId = life.addContainer(app)
      for (const [file, text] of Object.entries(script.executorLogs)) {
        logs.append(containerId, file, text, cluster.clock())
      }
    }
  }

  #register(app: Application): void {
    const { life } = this.#parts
    const attempt = currentAttempt(app)
    if (attempt && (attempt.stage === 'new' || attempt.stage === 'scheduled')) life.launch(app)
    const play = this.#plays.get(app.id)
    const client = play?.part.kind === 'script' && play.part.script.kind === 'client-driver'
    life.register(app, client ? undefined : 30_000 + (app.startedTime % 10_000))
  }

  #fails(app: Application, play: Play, ms: number, exitCode: number): void {
    this.#after(app, ms, () => this.#failNow(app, play, exitCode, ''))
  }

  #failNow(app: Application, play: Play, exitCode: number, diagnostics: string): void {
    this.#parts.life.failAttempt(app, exitCode, diagnostics)
    if (app.state === 'ACCEPTED') this.#playAttempt(app, play)
    else this.#settle(app)
  }

  /** From FINAL_SAVING to the end. */
  #settle(app: Application): void {
    const { cluster, life } = this.#parts
    if (app.state !== 'FINAL_SAVING') return
    this.#after(app, cluster.timing.finalSavingMs, () => {
      life.saved(app)
      if (app.state === 'FINISHING') {
        this.#after(app, cluster.timing.finishingMs, () => life.finished(app))
      }
    })
  }

  #after(app: Application, ms: number, action: () => void): () => void {
    const known = this.#plays.get(app.id)
    const play = known ?? newPlay()
    if (!known) this.#plays.set(app.id, play)
    if (ms <= 0) {
      action()
      return () => {}
    }
    const cancel = this.#parts.timers.after(ms, () => {
      play.cancels.delete(cancel)
      action()
      if (isFinal(app)) this.#plays.delete(app.id)
    })
    play.cancels.add(cancel)
    return () => {
      play.cancels.delete(cancel)
      cancel()
    }
  }
}

function newPlay(): Play {
  return {
    part: { kind: 'command', lastsMs: 0, exitCode: 1 },
    cancels: new Set(),
    drivers: 0,
    driverSeen: false,
    onDriver: undefined
  }
}

/** A script in full, from the parts that somebody gave. */
export function scriptOf(parts: Partial<AmScript> & Pick<AmScript, 'kind'>): AmScript {
  return amScript.parse(parts)
}
