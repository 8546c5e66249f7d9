import type { IncomingMessage } from 'node:http'
import type { Format } from './answer.ts'
import { type Application, applicationId } from './application.ts'
import type { Applications } from './applications.ts'
import type { Caller } from './caller.ts'
import type { Cluster } from './cluster.ts'
import type { FaultBook } from './faults.ts'
import type { Player } from './player.ts'
import { badRequest, notFound } from './remote-exception.ts'

/** What the resources of the ResourceManager work on. */
export interface Resources {
  readonly cluster: Cluster
  readonly apps: Applications
  readonly player: Player
  readonly faults: FaultBook
}

/** One request that has passed the filters. */
export interface Call {
  readonly request: IncomingMessage
  readonly method: string
  /** Path below /ws/v1/cluster, split at the slashes and decoded. */
  readonly path: readonly string[]
  readonly query: URLSearchParams
  readonly caller: Caller
  readonly format: Format
  /** `http://<Host header>` plus the path: what Jersey calls the request URI, without the query. */
  readonly url: string
  readonly body: () => Promise<Buffer>
}

const validId = /^application_(\d{1,19})_(\d{1,10})$/

/** The application that a path names; §3 for malformed and unknown ids. */
export function applicationOf(text: string, resources: Resources): Application {
  const id = parseApplicationId(text)
  const app = resources.apps.find(id)
  if (!app) throw notFound(`app with id: ${id} not found`)
  return app
}

export function parseApplicationId(text: string): string {
  if (text.split('_')[0] !== 'application') {
    throw badRequest(
      `java.lang.IllegalArgumentException: Invalid ApplicationId prefix: ${text}. The valid ApplicationId should start with prefix application`
    )
  }
  const [, timestamp, sequence] = validId.exec(text) ?? []
  if (timestamp === undefined || sequence === undefined) {
    throw badRequest(`java.lang.IllegalArgumentException: Invalid ApplicationId: ${text}`)
  }
  return applicationId(String(BigInt(timestamp)), String(Number(sequence)))
}
