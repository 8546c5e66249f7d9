import type { Application } from '@scheduler-task/yarn-client/application'
import {
  type ContainerLogsAddress,
  isOfApplication,
  parseContainerId,
  parseContainerLogsUrl
} from '@scheduler-task/yarn-client/container-logs-address'
import type { Parts } from '../parts.ts'

/** Where the ApplicationMaster of one attempt wrote its logs. */
export type AmContainer = ContainerLogsAddress &
  Readonly<{
    /** host:port of the node; `''` where the ResourceManager does not tell it (before 3.1). */
    nodeId: string
    /** Counts from 1. */
    attempt: number
  }>

/**
 * Keeps, durably, where the ApplicationMasters of our applications run: once the ResourceManager has forgotten an
 * application, nothing else leads to its logs (yarn.md §8).
 */
export interface AmContainers {
  /** What the ResourceManager says of an application now; kept once for each container, and costs nothing after that. */
  seen: (submissionId: string, application: Application) => void
  /** Of each attempt that was seen, the first one first. */
  of: (submissionId: string) => Promise<readonly AmContainer[]>
}

const WHAT = 'am-container'
/** Of the store at once: after a restart everything that runs is seen for the first time. */
const AT_ONCE = 4
/** What is known of more is looked up again. */
const REMEMBERED = 20_000

export function createAmContainers(
  parts: Pick<Parts, 'store' | 'background' | 'log'>
): AmContainers {
  const { store, background, log } = parts
  const known = new Map<string, string>()
  const waiting: [submissionId: string, container: AmContainer][] = []
  let working = 0

  async function of(submissionId: string): Promise<readonly AmContainer[]> {
    const events = await store.events(submissionId)
    const found = events.flatMap(({ what, detail }) => (what === WHAT ? (read(detail) ?? []) : []))
    return found.sort((one, other) => one.attempt - other.attempt)
  }

  async function keep(submissionId: string, container: AmContainer): Promise<void> {
    const kept = await of(submissionId)
    if (kept.some(({ containerId }) => containerId === container.containerId)) return
    const who = 'resource-manager'
    await store.note({ submissionId, who, what: WHAT, detail: written(container) })
  }

  async function work(): Promise<void> {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const [submissionId, container] = next
      try {
        await keep(submissionId, container)
      } catch (err) {
        background.signal.throwIfAborted()
        // It is seen again.
        known.delete(submissionId)
        log.warn({ submissionId, err }, 'where the logs are could not be kept')
      }
    }
  }

  return {
    of,
    seen: (submissionId, application) => {
      const container = containerOf(application)
      if (!container || known.get(submissionId) === container.containerId) return
      known.set(submissionId, container.containerId)
      if (known.size > REMEMBERED)
        for (const oldest of known.keys()) if (known.delete(oldest)) break
      waiting.push([submissionId, container])
      if (working >= AT_ONCE) return
      working += 1
      background.run('keeping where logs are', {}, () => work().finally(() => (working -= 1)))
    }
  }
}

/** The current, or last, ApplicationMaster's; undefined while there is none, and when a log server is named instead. */
export function containerOf(application: Application): AmContainer | undefined {
  const address = parseContainerLogsUrl(application.amContainerLogs ?? '')
  const id = address && parseContainerId(address.containerId)
  if (!id || !isOfApplication(address.containerId, application.id)) return undefined
  return { ...address, nodeId: application.masterNodeId ?? '', attempt: id.attempt }
}

function written({ containerId, nodeManager, nodeId, user }: AmContainer): string {
  return `${containerId} on ${nodeManager} (${nodeId}), logs of ${user}`
}

function read(detail: string | null): AmContainer | undefined {
  const [, containerId = '', nodeManager = '', nodeId = '', user = ''] =
    /^(\S+) on (https?:\S+) \((\S*)\), logs of (.+)$/.exec(detail ?? '') ?? []
  const attempt = parseContainerId(containerId)?.attempt
  return attempt === undefined ? undefined : { containerId, nodeManager, nodeId, user, attempt }
}
