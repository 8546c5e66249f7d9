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
