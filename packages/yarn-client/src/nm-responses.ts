import { z } from 'zod'
import { type ContainerLogsAddress, parseContainerLogsUrl } from './container-logs-address.ts'
import { member, toArray } from './rm-json.ts'

export interface LogFile {
  name: string
  /** `undefined` when the NodeManager lists names only (2.8). */
  bytes: number | undefined
  /** As the NodeManager writes it, `Sun Nov 22 11:26:22 +0000 2026`. */
  lastModified: string | undefined
  /** `LOCAL` or `AGGREGATED`: with aggregation on a file can be listed twice for a while. */
  aggregation: string | undefined
}

/** They hold the container's environment, with whatever secrets are in it. */
const HIDDEN: ReadonlySet<string> = new Set(['launch_container.sh', 'directory.info'])

/** A name that may be asked for: one path segment, nothing that leads out of the directory. */
export function isReadableLog(name: string): boolean {
  return /^[A-Za-z0-9_][A-Za-z0-9._-]{0,254}$/.test(name) && !HIDDEN.has(name)
}

const logInfo = z.object({
  fileName: z.string(),
  fileSize: z.coerce.number().optional().catch(undefined),
  lastModifiedTime: z.string().optional().catch(undefined)
})

/** `GET /containers/{id}/logs`: an object or an array on both levels, numbers as text. */
export const logFilesResponse = z
  .object({ containerLogsInfo: z.unknown() })
  .refine((body) => body.containerLogsInfo !== undefined)
  .transform(({ containerLogsInfo }): LogFile[] =>
    toArray(containerLogsInfo).flatMap((group) => filesOf(group))
  )

function filesOf(group: unknown): LogFile[] {
  const aggregation = z
    .string()
    .optional()
    .catch(undefined)
    .parse(member(group, 'logAggregationType'))
  return toArray(member(group, 'containerLogInfo')).flatMap((entry) => {
    const { data } = logInfo.safeParse(entry)
    if (!data || !isReadableLog(data.fileName)) return []
    const { fileName: name, fileSize: bytes, lastModifiedTime: lastModified } = data
    return [{ name, bytes, lastModified, aggregation }]
  })
}

/** `GET /containers/{id}`, the older list of names. */
export const containerResponse = z
  .object({ container: z.object({ containerLogFiles: z.unknown() }) })
  .transform(({ container }): LogFile[] =>
    toArray(container.containerLogFiles)
      .filter((name) => typeof name === 'string')
      .filter(isReadableLog)
      .map((name) => ({
        name,
        bytes: undefined,
        lastModified: undefined,
        aggregation: undefined
      }))
  )

/** `GET /containers` of a NodeManager: all that it runs. Those without an address are left out. */
export const nodeContainersResponse = z
  .object({ containers: z.unknown() })
  .refine((body) => body.containers !== undefined)
  .transform(({ containers }): ContainerLogsAddress[] =>
    addressesIn(toArray(member(containers, 'container')), 'containerLogsLink')
  )

/** The containers whose logs are where this member of each says. */
export function addressesIn(containers: readonly unknown[], link: string): ContainerLogsAddress[] {
  return containers.flatMap((one) => {
    const url = member(one, link)
    const address = typeof url === 'string' ? parseContainerLogsUrl(url) : undefined
    return address ? [address] : []
  })
}
