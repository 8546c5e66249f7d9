import { z } from 'zod'
import { type ContainerLogsAddress, parseContainerLogsUrl } from './container-logs-address.ts'
import { member, toArray } from './rm-json.ts'

/** One run of an application's ApplicationMaster. */
export interface ApplicationAttempt {
  /** Counts from 1. */
  number: number
  /** Where the ApplicationMaster's logs are; `undefined` before it has a container, and when a log server is named. */
  logs: ContainerLogsAddress | undefined
  /** host:port of the node; `''` before there is one. */
  nodeId: string
}

/** A container that runs. */
export type LiveContainer = ContainerLogsAddress & {
  /** host:port of the node. */
  nodeId: string
}

const text = z.string().catch('')

const attempt = z.object({ id: z.coerce.number(), logsLink: text, nodeId: text })

/** `GET /apps/{id}/appattempts`. */
export const attemptsResponse = z
  .object({ appAttempts: z.unknown() })
  .refine((body) => body.appAttempts !== undefined)
  .transform(({ appAttempts }): ApplicationAttempt[] =>
    toArray(member(appAttempts, 'appAttempt'))
      .flatMap((one) => attempt.safeParse(one).data ?? [])
      .map(({ id, logsLink, nodeId }) => ({
        number: id,
        logs: parseContainerLogsUrl(logsLink),
        nodeId
      }))
      .sort((left, right) => left.number - right.number)
  )

const liveContainer = z.object({ logUrl: text, nodeId: text })

/**
 * `GET /apps/{id}/appattempts/{attemptId}/containers`, in mapped notation: `null`, `{}`, one alone, or a list. The
 * documents print a `containers` around it.
 */
export const containersResponse = z.unknown().transform((body): LiveContainer[] => {
  const within = member(body, 'containers') ?? body
  return toArray(member(within, 'container')).flatMap((one) => {
    const { data } = liveContainer.safeParse(one)
    const address = data && parseContainerLogsUrl(data.logUrl)
    return address ? [{ ...address, nodeId: data.nodeId }] : []
  })
})
