import { parseContainerId } from '@scheduler-task/yarn-client/container-logs-address'
import type { LogSpool } from '../log-spool.ts'

/** What of a job's containers its log has no room for, told in the log itself. */
export interface LeftOut {
  container: (one: LeftOutContainer) => void
  file: (containerId: string, name: string) => void
  /** Tells what was not told yet; of containers, which come and go, while the job runs only when they are twice as many. */
  tell: (options: Readonly<{ isOver: boolean }>) => Promise<void>
}

export type LeftOutContainer = Readonly<{
  containerId: string
  /** '' of one that only a log server knows. */
  nodeManager: string
  user: string
}>

const CONTAINERS = 'executor/left-out'
/** More are counted no further. */
const COUNTED = 5000
const NAMED = 10

/** What was told is remembered with the log, as positions of this service's own word. */
export function createLeftOut(
  spool: LogSpool,
  limits: Readonly<{ containers: number; files: number }>
): LeftOut {
  const containers = new Map<string, LeftOutContainer>()
  const files = new Map<string, Set<string>>()

  async function tellOf(origin: string, count: number, text: () => string): Promise<void> {
    if (spool.positionOf(origin) >= count) return
    await spool.append('executor', [{ at: Date.now(), text: text() }], count, origin)
  }

  function ofContainers(): string {
    const [first] = containers.values()
    const applicationId = parseContainerId(first?.containerId ?? '')?.applicationId
    const more = containers.size >= COUNTED ? ' and more' : ''
    return `the logs of ${containers.size}${more} containers are left out here, which has those of ${limits.containers}: ${named([...containers.values()].map(placeOf))}. Where logs are aggregated, all of them are in: yarn logs -applicationId ${applicationId}`
  }

  function ofFiles(containerId: string, names: ReadonlySet<string>): string {
    return `${names.size} log files of ${containerId} are left out here, which has ${limits.files} of each container: ${named([...names])}. Where logs are aggregated, they are in: yarn logs -containerId ${containerId}`
  }

  return {
    container: (one) => {
      if (containers.size < COUNTED) containers.set(one.containerId, one)
    },
    file: (containerId, name) => {
      const names = files.get(containerId) ?? new Set()
      if (names.size < COUNTED) names.add(name)
      files.set(containerId, names)
    },
    tell: async ({ isOver }) => {
      const isWorthIt = containers.size >= 2 * spool.positionOf(CONTAINERS)
      if (isWorthIt || isOver) await tellOf(CONTAINERS, containers.size, ofContainers)
      for (const [id, names] of files) {
        await tellOf(`${CONTAINERS}/${id}`, names.size, () => ofFiles(id, names))
      }
    }
  }
}

function placeOf({ containerId, nodeManager, user }: LeftOutContainer): string {
  if (nodeManager === '') return containerId
  return `${nodeManager}/node/containerlogs/${containerId}/${encodeURIComponent(user)}`
}

function named(all: readonly string[]): string {
  const more = all.length - NAMED
  return [...all.slice(0, NAMED), ...(more > 0 ? [`${more} more`] : [])].join(', ')
}
