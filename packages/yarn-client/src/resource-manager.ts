import type { z } from 'zod'
import {
  type Application,
  compareApplicationIds,
  inOrderOfSubmission,
  isApplicationId
} from './application.ts'
import {
  type ApplicationAttempt,
  attemptsResponse,
  containersResponse,
  type LiveContainer
} from './application-containers.ts'
import {
  type ApplicationFilter,
  filterQuery,
  LEFT_OUT,
  matchesFilter
} from './application-filter.ts'
import { applicationsInParts } from './application-parts.ts'
import { type KillOptions, killApplication } from './kill-application.ts'
import type { NotActive, RmAnswer } from './rm-answers.ts'
import { rmBaseUrls } from './rm-base-urls.ts'
import { RmError } from './rm-errors.ts'
import { createRmFailover, type RmQuestion } from './rm-failover.ts'
import { member } from './rm-json.ts'
import {
  applicationResponse,
  applicationsResponse,
  type ClusterInfo,
  infoResponse,
  stateResponse
} from './rm-responses.ts'

export interface ResourceManagerOptions {
  /** One address, or several of one cluster: `http://rm1:8088`. */
  urls: readonly string[]
  /** Sent as `user.name` with every call. */
  user: string
  /** 5 000 */
  connectTimeoutMs?: number
  /** Wall limit of a call over all ResourceManagers, bodies included; 30 000. */
  timeoutMs?: number
  /** Largest list of applications and scheduler report; 64 MiB. */
  maxBodyBytes?: number
  /** Largest report of one application; 4 MiB. */
  maxApplicationBytes?: number
  /** Connections to each ResourceManager; more calls at once wait for one; 16. */
  connections?: number
}

/**
 * A cluster's ResourceManager, whichever of them is active.
 *
 * Every call rejects with `RmError`, or with the reason of the caller's signal; ids that are not
 * application ids, and filters that would filter nothing, are a `TypeError`.
 */
export interface ResourceManager {
  /** About the active one. */
  info: (signal?: AbortSignal) => Promise<ClusterInfo>
  /** The scheduler report as it came, byte for byte; known to be JSON (but for bare NaN). */
  schedulerText: (signal?: AbortSignal) => Promise<string>
  /** The report of an application as it came. Unknown: `RM_NOT_FOUND`, with the answer's text. */
  applicationText: (id: string, signal?: AbortSignal) => Promise<string>
  /** `undefined` when the active ResourceManager says that it does not know the id. */
  application: (id: string, signal?: AbortSignal) => Promise<Application | undefined>
  /** Its attempts with the containers of their ApplicationMasters, the oldest first. */
  attempts: (id: string, signal?: AbortSignal) => Promise<ApplicationAttempt[]>
  /**
   * Live containers of an attempt, the ApplicationMaster's among them; `undefined` when the ResourceManager does not
   * list any (up to 2.8) or does not know the attempt.
   */
  containers: (attemptId: string, signal?: AbortSignal) => Promise<LiveContainer[] | undefined>
  /** In order of submission, finished ones too as long as they are remembered. */
  applications: (filter?: ApplicationFilter, signal?: AbortSignal) => Promise<Application[]>
  /**
   * Asks for the end until the ResourceManager reports one, and returns what it reports: the
   * application may have finished or failed by itself before.
   */
  kill: (id: string, options?: KillOptions) => Promise<Application>
  /** Ends calls in flight and closes the connections. */
  close: () => Promise<void>
}

const MIB = 1024 * 1024

export function createResourceManager(options: ResourceManagerOptions): ResourceManager {
  const { connectTimeoutMs = 5000, timeoutMs = 30_000, connections = 16, user } = options
  const { maxBodyBytes = 64 * MIB, maxApplicationBytes = 4 * MIB } = options
  const bases = rmBaseUrls(options.urls)
  const rm = createRmFailover({ bases, user, connectTimeoutMs, timeoutMs, connections })

  /** A report passed on as text is checked for its root member only. */
  async function textOf(question: RmQuestion, root: string, signal?: AbortSignal) {
    const answer = await rm.ask(question, signal)
    if (member(answer.json, root) === undefined) throw unexpected(answer)
    return answer.text
  }

  async function application(id: string, signal?: AbortSignal) {
    const query = new URLSearchParams({ deSelects: 'resourceRequests' })
    const question = { ...get(applicationPath(id), maxApplicationBytes), query }
    const answer = await unlessUnknown(rm.ask(question, signal))
    if (!answer) return undefined
    const found = parsed(applicationResponse, answer)
    if (compareApplicationIds(found.id, id) !== 0) throw unexpected(answer)
    return found
  }

  let leftOut: string = LEFT_OUT.most

  async function applications(
    filter: ApplicationFilter,
    signal: AbortSignal | undefined
  ): Promise<Application[]> {
    const asked = leftOut
    const keep = (one: Application) => matchesFilter(one, filter)
    let found: Application[] | undefined
    const question: RmQuestion = {
      ...get('/apps', maxBodyBytes),
      query: filterQuery(filter, asked),
      take: async (bytes, limit) => {
        found = await applicationsInParts(bytes, keep, limit)
        return found !== undefined
      }
    }
    try {
      const answer = await rm.ask(question, signal)
      return inOrderOfSubmission(found ?? parsed(applicationsResponse, answer).filter(keep))
    } catch (error) {
      if (asked === LEFT_OUT.least || !isUnknownSelection(error)) throw error
      leftOut = LEFT_OUT.least
      return await applications(filter, signal)
    }
  }

  async function putKilled(id: string, diagnostics: string | undefined, signal: AbortSignal) {
    const path = `${applicationPath(id)}/state`
    const body = { state: 'KILLED', ...(diagnostics !== undefined && { diagnostics }) }
    const answer = await rm.ask(
      { method: 'PUT', path, body, maxBodyBytes: maxApplicationBytes },
      signal
    )
    parsed(stateResponse, answer)
    return { accepted: answer.status === 202 }
  }

  async function attempts(id: string, signal?: AbortSignal) {
    const path = `${applicationPath(id)}/appattempts`
    return parsed(attemptsResponse, await rm.ask(get(path, maxApplicationBytes), signal))
  }

  async function containers(attemptId: string, signal?: AbortSignal) {
    const [, stem] = /^appattempt_(\d{1,15}_\d{1,10})_\d{1,10}$/.exec(attemptId) ?? []
    if (stem === undefined) throw new TypeError('Not the id of an attempt')
    const path = `${applicationPath(`application_${stem}`)}/appattempts/${attemptId}/containers`
    try {
      const answer = await rm.ask(get(path, maxApplicationBytes), signal)
      return parsed(containersResponse, answer)
    } catch (error) {
      // A page that says so where there is no such resource.
      if (error instanceof RmError && error.status === 404) return undefined
      throw error
    }
  }

  return {
    info: async (signal) => {
      const question = { ...get('/info', maxApplicationBytes), notActive: standbyInfo }
      return parsed(infoResponse, await rm.ask(question, signal))
    },
    schedulerText: (signal) => textOf(get('/scheduler', maxBodyBytes), 'scheduler', signal),
    applicationText: async (id, signal) =>
      await textOf(get(applicationPath(id), maxApplicationBytes), 'app', signal),
    application,
    attempts,
    containers,
    applications: async (filter = {}, signal) => await applications(filter, signal),
    kill: (id, killOptions = {}) => killApplication({ putKilled, application }, id, killOptions),
    close: rm.close
  }
}

function get(path: string, maxBodyBytes: number): RmQuestion {
  return { method: 'GET', path, maxBodyBytes }
}

function applicationPath(id: string): string {
  if (!isApplicationId(id)) throw new TypeError('Not an application id')
  return `/apps/${id}`
}

/** `/info` is the one call that a standby answers itself. */
function standbyInfo({ status, text, json }: RmAnswer): NotActive | undefined {
  const haState = infoResponse.safeParse(json).data?.haState
  if (haState === undefined || haState === 'ACTIVE') return undefined
  return { reason: 'RM_STANDBY', detail: `is ${haState.toLowerCase()}`, status, text }
}

async function unlessUnknown(answer: Promise<RmAnswer>): Promise<RmAnswer | undefined> {
  try {
    return await answer
  } catch (error) {
    if (error instanceof RmError && error.reason === 'RM_NOT_FOUND') return undefined
    throw error
  }
}

/** `Invalid deSelects string timeouts specified. It should be one of …` */
function isUnknownSelection(error: unknown): boolean {
  return error instanceof RmError && error.status === 400 && /deSelects/.test(error.text ?? '')
}

function parsed<T>(schema: z.ZodType<T>, answer: RmAnswer): T {
  const result = schema.safeParse(answer.json)
  if (!result.success) throw unexpected(answer, result.error)
  return result.data
}

function unexpected({ status, text }: RmAnswer, cause?: unknown): RmError {
  return new RmError('RM_NONSENSE', 'ResourceManager answered something else than was asked', {
    status,
    text: text.slice(0, 64 * 1024),
    cause
  })
}
