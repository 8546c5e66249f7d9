import { z } from 'zod'
import { type Application, isApplicationId } from './application.ts'
import { member, toArray } from './rm-json.ts'

/** Missing, `null`, `{}` and anything else that is no text count as empty. */
const text = z.string().catch('')
const optionalText = z.string().min(1).optional().catch(undefined)
/** Numbers may come as text; a missing one, `null` and NaN are 0. */
const number = z.coerce.number().catch(0)
const tags = text.transform((joined) => joined.split(',').filter((tag) => tag !== ''))

/**
 * Only the id and the state have to be there. Members not named here are dropped, among them the
 * resource maps with their duplicate keys and the pending requests, which can be large.
 */
const application = z.object({
  id: z.string().refine(isApplicationId),
  user: text,
  name: text,
  queue: text,
  state: z.string().min(1),
  finalStatus: z.string().min(1).catch('UNDEFINED'),
  progress: number,
  trackingUI: text,
  trackingUrl: optionalText,
  diagnostics: text,
  clusterId: number,
  applicationType: text,
  applicationTags: tags,
  startedTime: number,
  launchTime: number,
  finishedTime: number,
  elapsedTime: number,
  amContainerLogs: optionalText,
  amHostHttpAddress: optionalText,
  amRPCAddress: optionalText,
  masterNodeId: optionalText,
  allocatedMB: number,
  allocatedVCores: number,
  runningContainers: number,
  memorySeconds: number,
  vcoreSeconds: number,
  logAggregationStatus: optionalText,
  priority: number
})

/** Some of the elements of `GET /apps`. */
export const applicationList = z.array(application).transform((apps): Application[] => apps)

/** `GET /apps/{id}` */
export const applicationResponse = z
  .object({ app: application })
  .transform(({ app }): Application => app)

/**
 * `GET /apps`: `{"apps":null}`, `{"apps":{}}`, an array or one object. An element that is not an
 * application fails the whole list: a proof that something is absent must not rest on half of one.
 */
export const applicationsResponse = z
  .object({ apps: z.unknown() })
  .refine((body) => body.apps !== undefined)
  .transform((body): unknown[] => toArray(member(body.apps, 'app')))
  .pipe(applicationList)

export interface ClusterInfo {
  /** When this ResourceManager became active, epoch ms. */
  id: number
  /** `STARTED` in service. */
  state: string
  /** `ACTIVE`, `STANDBY`, `INITIALIZING`, `STOPPED`; clusters without HA say `ACTIVE`, too. */
  haState: string
  hadoopVersion: string
  resourceManagerVersion: string
  startedOn: number
}

/** `GET /info` */
export const infoResponse = z
  .object({
    clusterInfo: z.object({
      id: number,
      state: text,
      haState: z.string().min(1).catch('ACTIVE'),
      hadoopVersion: text,
      resourceManagerVersion: text,
      startedOn: number
    })
  })
  .transform(({ clusterInfo }): ClusterInfo => clusterInfo)

/** `GET` and `PUT /apps/{id}/state`; the value is the internal state, `FINISHING` among them. */
export const stateResponse = z.object({ state: z.string().min(1) })

/** An error in the ResourceManager's own words. */
export const remoteExceptionResponse = z
  .object({ RemoteException: z.object({ exception: text, message: text }) })
  .transform(({ RemoteException: { exception, message } }) => ({
    exception,
    // Bad requests, unknown and forbidden things are wrapped once in a plain exception.
    message: message.replace(/^java\.lang\.Exception: /, '')
  }))

export type RemoteException = z.output<typeof remoteExceptionResponse>
