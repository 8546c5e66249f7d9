import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import type { Application, PublicState } from './application.ts'
import type { Player } from './player.ts'

const drainMs = 200

interface Stream {
  readonly response: ServerResponse
  /** Last state that was told. */
  told: PublicState | undefined
}

/** The connections by which drivers of client mode hold their ApplicationMasters. */
export class DriverStreams {
  readonly #player: Player
  readonly #streams = new Map<string, Set<Stream>>()
  readonly sockets = new Set<Socket>()

  constructor(player: Player) {
    this.#player = player
  }

  /** Holds the response open, a line for each state, until the application has ended. */
  open(app: Application, request: IncomingMessage, response: ServerResponse): void {
    // Before the player hears of it: the AM that waited for its driver registers at once.
    response.writeHead(200, { 'content-type': 'application/x-ndjson' })
    response.flushHeaders()
    const stream: Stream = { response, told: undefined }
    this.#tell(app, stream)
    const streams = this.#streams.get(app.id) ?? new Set()
    this.#streams.set(app.id, streams.add(stream))
    this.sockets.add(request.socket)
    const left = this.#player.driverConnected(app)
    response.once('close', () => {
      streams.delete(stream)
      if (streams.size === 0) this.#streams.delete(app.id)
      this.sockets.delete(request.socket)
      left()
    })
  }

  /** Resolves when the last lines are on their way, or after a moment. */
  async drained(): Promise<void> {
    const open = [...this.#streams.values()].flatMap((streams) => [...streams])
    const gone = open.map(
      ({ response }) => new Promise((resolve) => response.once('close', resolve))
    )
    await Promise.race([Promise.all(gone), pause(drainMs, undefined, { ref: false })])
  }

  /** Tells the drivers of an application its state, if that is another than before. */
  changed(app: Application): void {
    for (const stream of this.#streams.get(app.id) ?? []) this.#tell(app, stream)
  }

  #tell(app: Application, stream: Stream): void {
    if (stream.told === app.publicState || stream.response.writableEnded) return
    stream.told = app.publicState
    stream.response.write(`${JSON.stringify({ state: app.publicState })}\n`)
    if (finalStates.includes(app.publicState)) stream.response.end()
  }
}

const finalStates: readonly PublicState[] = ['FINISHED', 'FAILED', 'KILLED']
