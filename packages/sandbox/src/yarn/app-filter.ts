import { type DeSelect, deSelectable } from './app-json.ts'
import { type Application, finalStatuses, publicStates } from './application.ts'
import type { Cluster } from './cluster.ts'
import { findQueue } from './queues.ts'
import { badRequest, RemoteException } from './remote-exception.ts'

/** `GET /apps` with its parameters (§4.5); unknown ones are ignored. */
export function filterApps(
  apps: readonly Application[],
  query: URLSearchParams,
  cluster: Cluster
): Application[] {
  const limit = limitOf(query)
  const tests = testsOf(query, cluster)
  const found: Application[] = []
  for (const app of apps) {
    if (found.length >= limit) break
    if (tests.every((test) => test(app))) found.push(app)
  }
  return withFinalStatus(found, query.get('finalStatus') ?? '')
}

type Test = (app: Application) => boolean

function testsOf(query: URLSearchParams, cluster: Cluster): Test[] {
  const states = listOf(query, 'states', 'state').map(knownState)
  const tags = listOf(query, 'applicationTags').map((tag) => tag.toLowerCase())
  const types = listOf(query, 'applicationTypes').map((type) => type.toLowerCase())
  const [user, queue, name] = ['user', 'queue', 'name'].map((key) => query.get(key) ?? '')
  const started = rangeOf(query, 'startedTime')
  const finished = rangeOf(query, 'finishedTime')
  if (queue && cluster.scheduler === 'capacity' && !findQueue(cluster.queues, queue)) {
    throw badRequest(`Unknown queue: ${queue}`)
  }
  return [
    (app) => states.length === 0 || states.includes(app.publicState),
    (app) => tags.length === 0 || app.tags.some((tag) => tags.includes(tag)),
    (app) => types.length === 0 || types.includes(app.type.toLowerCase()),
    (app) => !user || app.user === user,
    (app) => !queue || app.queue === queue,
    (app) => !name || app.name === name,
    (app) => started(app.startedTime),
    (app) => finished(app.finishedTime)
  ]
}

/** Comma-separated and repeated values of the given parameters, without empty ones. */
export function listOf(query: URLSearchParams, ...names: string[]): string[] {
  const values = names.flatMap((name) => query.getAll(name))
  return values.flatMap((value) => value.split(',').map((one) => one.trim())).filter((one) => one)
}

function knownState(text: string): string {
  const state = publicStates.find((one) => one === text.toUpperCase())
  if (state) return state
  throw badRequest(
    `Invalid application-state ${text} specified. It should be one of [${publicStates.join(', ')}]`
  )
}

function limitOf(query: URLSearchParams): number {
  const limit = numberOf(query, 'limit')
  if (limit === undefined) return Number.POSITIVE_INFINITY
  if (limit <= 0) throw badRequest('limit value must be greater then 0')
  return limit
}

function numberOf(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name) ?? ''
  if (text === '') return undefined
  if (!/^[+-]?\d{1,19}$/.test(text)) throw badRequest(`${name} value must be a number!`)
  return Number(text)
}

function rangeOf(query: URLSearchParams, name: 'startedTime' | 'finishedTime') {
  const begin = numberOf(query, `${name}Begin`)
  const end = numberOf(query, `${name}End`)
  for (const [edge, value] of [['Begin', begin] as const, ['End', end] as const]) {
    if (value !== undefined && value < 0) {
      throw badRequest(`${name}${edge} must be greater than 0`)
    }
  }
  if (begin !== undefined && end !== undefined && begin > end) {
    const first = name === 'startedTime' ? 'startTimeBegin' : 'finishTimeBegin'
    const last = name === 'startedTime' ? 'startedTimeEnd' : 'finishTimeEnd'
    throw badRequest(`${last} must be greater than ${first}`)
  }
  return (time: number) => time >= (begin ?? 0) && time <= (end ?? Number.POSITIVE_INFINITY)
}

/** Applied after `limit`; an unknown or lower-case status is refused only if there is one to compare. */
function withFinalStatus(apps: Application[], wanted: string): Application[] {
  if (wanted === '') return apps
  return apps.filter((app) => {
    if (!finalStatuses.some((one) => one === wanted)) {
      throw new RemoteException(
        'IllegalArgumentException',
        `No enum constant org.apache.hadoop.yarn.api.records.FinalApplicationStatus.${wanted}`
      )
    }
    return app.finalStatus === wanted
  })
}

/** Call it only when there is something to show: unknown values are refused just then. */
export function deSelectsOf(query: URLSearchParams): Set<DeSelect> {
  const found = listOf(query, 'deSelects').map((text) => {
    const known = deSelectable.find((one) => one.toLowerCase() === text.toLowerCase())
    if (known) return known
    throw badRequest(
      `Invalid deSelects string ${text} specified. It should be one of [${deSelectable.join(', ')}]`
    )
  })
  return new Set(found)
}
