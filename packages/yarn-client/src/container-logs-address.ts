import { compareApplicationIds } from './application.ts'

/** Where the logs of one container are, from an application's `amContainerLogs`. */
export interface ContainerLogsAddress {
  /** Scheme, host and port of the NodeManager's web server. */
  nodeManager: string
  containerId: string
  /** Who the application belongs to. */
  user: string
}

/** `e17_` is there once the ResourceManager has recovered its state. */
export const CONTAINER_ID_PATTERN = /^container_(?:e\d{1,10}_)?\d{1,15}_\d{1,10}_\d{1,10}_\d{1,10}$/

/**
 * Takes `http://nm1:8042/node/containerlogs/{containerId}/{user}` apart. `undefined` when it is
 * something else, a log server's page for instance. Keep it while the application runs: afterwards
 * nothing else leads from the application to its logs.
 */
export function parseContainerLogsUrl(amContainerLogs: string): ContainerLogsAddress | undefined {
  const url = URL.canParse(amContainerLogs) ? new URL(amContainerLogs) : undefined
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') return undefined
  const [, containerId, user] = /^\/node\/containerlogs\/([^/]+)\/([^/]+)/.exec(url.pathname) ?? []
  if (containerId === undefined || user === undefined) return undefined
  if (!CONTAINER_ID_PATTERN.test(containerId)) return undefined
  return { nodeManager: url.origin, containerId, user: decoded(user) }
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}

/** The application that a container belongs to, and which of its attempts. */
export function parseContainerId(
  containerId: string
): { applicationId: string; attempt: number; sequence: number } | undefined {
  if (!CONTAINER_ID_PATTERN.test(containerId)) return undefined
  const [sequence, attempt, number, timestamp] = containerId.split('_').reverse()
  return {
    applicationId: `application_${timestamp}_${number}`,
    attempt: Number(attempt),
    sequence: Number(sequence)
  }
}

/** Ids are compared as numbers: one may be padded and the other not. */
export function isOfApplication(containerId: string, applicationId: string): boolean {
  const own = parseContainerId(containerId)?.applicationId
  return own !== undefined && compareApplicationIds(own, applicationId) === 0
}

/** `appattempt_<timestamp>_<number>_<6 digits>`, of the attempt that a container belongs to. */
export function attemptIdOf(containerId: string): string | undefined {
  const parts = parseContainerId(containerId)
  if (!parts) return undefined
  const stem = parts.applicationId.slice('application_'.length)
  return `appattempt_${stem}_${String(parts.attempt).padStart(6, '0')}`
}
