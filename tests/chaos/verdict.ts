import type { JobView } from './api.ts'
import { isLive } from './cluster/cluster.ts'
import type { PlayedApplication } from './cluster/orders.ts'
import type { Frame } from './frame.ts'
import type { World } from './world.ts'

export const FINAL_STATES: readonly string[] = ['FINISHED', 'FAILED', 'KILLED', 'REJECTED', 'LOST']

/** What is held against each other: what the product shows, and what truly was. */
export type Evidence = Readonly<{
  jobs: readonly JobView[]
  applications: readonly PlayedApplication[]
}>

export async function gatherEvidence({ api, cluster }: World): Promise<Evidence> {
  return { jobs: await api.jobs(), applications: await cluster.history() }
}

/** The applications that bear a submission's tag. */
export function applicationsOf({ tags }: JobView, { applications }: Evidence): PlayedApplication[] {
  return applications.filter((one) => one.tags.includes(tags.submission))
}

/** Pairs of applications that lived under one name at the same time. */
export function overlaps(
  applications: readonly PlayedApplication[]
): (readonly [PlayedApplication, PlayedApplication])[] {
  const found: (readonly [PlayedApplication, PlayedApplication])[] = []
  const byName = groupByName(applications)
  for (const ofName of byName.values()) {
    const sorted = ofName.toSorted((a, b) => a.startedTime - b.startedTime)
    for (const [index, one] of sorted.entries()) {
      const next = sorted[index + 1]
      if (next && (isLive(one) || one.finishedTime > next.startedTime)) found.push([one, next])
    }
  }
  return found
}

function groupByName(applications: readonly PlayedApplication[]) {
  const byName = new Map<string, PlayedApplication[]>()
  for (const one of applications) byName.set(one.name, [...(byName.get(one.name) ?? []), one])
  return byName
}

/** All that is known of a job, for a person who has to find out why. */
export async function storyOf({ api }: World, job: JobView, evidence: Evidence): Promise<string> {
  const { id, taskName, state, reason, reasonText, applicationId, operation } = job
  const lines = [
    `job ${id} ${taskName} ${state} ${reason ?? ''} ${reasonText ?? ''} ${applicationId ?? ''} ${JSON.stringify(operation)}`
  ]
  const reply = await api.get(`/executor/v2/jobs/${id}/events`).catch(() => undefined)
  const events = (reply?.body.items ?? []) as {
    at: string
    who: string
    what: string
    detail: string
  }[]
  for (const { at, who, what, detail } of events) lines.push(`${at} ${who} ${what} ${detail ?? ''}`)
  for (const one of applicationsOf(job, evidence)) {
    const { startedTime, finishedTime, finalStatus } = one
    const ended = finishedTime === 0 ? 'lives' : new Date(finishedTime).toISOString()
    lines.push(
      `${one.id} ${one.state} ${finalStatus} from ${new Date(startedTime).toISOString()}, ${ended}`
    )
  }
  return lines.join('\n         ')
}

/** No two applications live under one name at any time; one check a name. */
export function checkNames({ checks }: Frame, { applications }: Evidence): number {
  const found = overlaps(applications)
  for (const [one, other] of found) {
    checks.holds(
      false,
      `two applications lived under ${one.name}: ${one.id} (from ${one.startedTime} to ${one.finishedTime}) and ${other.id} (from ${other.startedTime})`
    )
  }
  checks.holds(found.length === 0, 'two applications lived under one name')
  return found.length
}

/** What the product says of an end is what the ResourceManager held. */
export function isTrueEnd(job: JobView, applications: readonly PlayedApplication[]): boolean {
  if (!['FINISHED', 'FAILED', 'KILLED'].includes(job.state)) return true
  const own = applications.find(({ id }) => id === job.applicationId)
  return own === undefined ? job.applicationId === null : own.state === job.state
}

export function isOver({ state }: Pick<JobView, 'state'>): boolean {
  return FINAL_STATES.includes(state)
}
