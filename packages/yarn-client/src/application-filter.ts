import type { Application, YarnState } from './application.ts'

export interface ApplicationFilter {
  states?: readonly YarnState[]
  /** Applications with **any** of these tags; matched in lower case, as they are kept. */
  tags?: readonly string[]
  /** Exact name. */
  name?: string
  /** Exact short user name. */
  user?: string
}

/** What YARN takes for a tag, less the comma-free rest that it would have to be quoted for. */
const TAG = /^[\x21-\x2b\x2d-\x7e]{1,100}$/

/** Values of `deSelects`: what ResourceManagers know, and what those know that know only one. */
export const LEFT_OUT = {
  most: 'resourceRequests,timeouts,appNodeLabelExpression,amNodeLabelExpression,resourceInfo',
  least: 'resourceRequests'
} as const

/**
 * The query of `GET /apps`. What nobody reads here is left out (`deSelects`; ignored before 2.9): of an application on
 * the CapacityScheduler two thirds.
 *
 * Throws `TypeError` for an empty list and an empty value: `applicationTags=` and `states=` switch
 * the filter off, and every application of the cluster would come back.
 */
export function filterQuery(
  filter: ApplicationFilter,
  leftOut: string = LEFT_OUT.most
): URLSearchParams {
  const query = new URLSearchParams({ deSelects: leftOut })
  const { states, tags, name, user } = filter
  if (states) query.set('states', joined('state', states, /^[A-Z_]+$/))
  if (tags) query.set('applicationTags', joined('tag', tags, TAG).toLowerCase())
  if (name !== undefined) query.set('name', notEmpty('name', name))
  if (user !== undefined) query.set('user', notEmpty('user', user))
  return query
}

/**
 * The same filter on our side: 2.10 ignores `name`, a redirecting 2.7 loses the query, and what is
 * found by a tag is going to be killed.
 */
export function matchesFilter(application: Application, filter: ApplicationFilter): boolean {
  const { states, tags, name, user } = filter
  return (
    (!states || states.includes(application.state)) &&
    (!tags || hasAnyTag(application, tags)) &&
    (name === undefined || application.name === name) &&
    (user === undefined || application.user === user)
  )
}

function hasAnyTag(application: Application, tags: readonly string[]): boolean {
  const wanted = new Set(tags.map((tag) => tag.toLowerCase()))
  return application.applicationTags.some((tag) => wanted.has(tag.toLowerCase()))
}

function joined(what: string, values: readonly string[], pattern: RegExp): string {
  if (values.length === 0) throw new TypeError(`An empty list of ${what}s is no filter`)
  const bad = values.find((value) => !pattern.test(value))
  if (bad !== undefined) throw new TypeError(`Not a ${what}: ${JSON.stringify(bad)}`)
  return values.join(',')
}

function notEmpty(what: string, value: string): string {
  if (value === '') throw new TypeError(`An empty ${what} is no filter`)
  return value
}
