import { z } from 'zod'
import { readBounded } from './http-call.ts'
import type { AskForSize } from './log-advance.ts'
import { type AggregatedPage, logsOnPage } from './log-page.ts'
import type { EndedContainer } from './log-servers.ts'
import type { NmQuestion } from './nm-calls.ts'
import { NmError } from './nm-errors.ts'
import { isReadableLog, type LogFile, logFilesResponse } from './nm-responses.ts'
import { readList } from './node-manager-logs.ts'
import { member, toArray } from './rm-json.ts'

/** A file of an ended container. */
export type AggregatedFile = Pick<LogFile, 'name' | 'bytes'> &
  Readonly<{ containerId: string; nodeId: string }>

export type Ask = <T>(question: NmQuestion<T>, signal?: AbortSignal) => Promise<T>

type Take = Parameters<AskForSize>[1]
type Taken = ReturnType<AskForSize>

/** How one kind of log server is asked. */
export interface LogDialect {
  isSpoken: (url: string, ask: Ask, signal?: AbortSignal) => Promise<boolean>
  filesOf: (
    wanted: { url: string; applicationId: string; containers: readonly EndedContainer[] },
    ask: Ask,
    signal?: AbortSignal
  ) => Promise<AggregatedFile[]>
  /** `size`: bytes from the beginning or, negative, from the end. */
  read: (
    wanted: { url: string; container: EndedContainer; file: string; size: number },
    take: Take,
    ask: Ask,
    signal?: AbortSignal
  ) => Taken
}

const MAX_PAGE_BYTES = 24 * 1024 * 1024

/** JobHistoryServer from 3.3 on: lists all files of an application. */
const history: LogDialect = {
  isSpoken: async (url, ask, signal) => {
    const version = await versionOf(`${url}/ws/v1/history/info`, ask, signal)
    const [major = 0, minor = 0] = version?.split('.').map(Number) ?? []
    return major > 3 || (major === 3 && minor >= 3)
  },
  filesOf: async ({ url, applicationId }, ask, signal) => {
    const address = `${url}/ws/v1/history/aggregatedlogs?appid=${applicationId}`
    return listed(await ask({ url: address, accept: 'application/json', take: readList }, signal))
  },
  read: ({ url, container, file, size }, take, ask, signal) =>
    ask(
      { url: `${fileAddress(`${url}/ws/v1/history`, container, file)}?size=${size}`, take },
      signal
    )
}

/** Timeline server v1 (application history) from 2.9 on: lists the files of one container. */
const timeline: LogDialect = {
  isSpoken: async (url, ask, signal) =>
    (await jsonOf(`${url}/ws/v1/applicationhistory/about`, ask, signal)) !== undefined,
  filesOf: async ({ url, containers }, ask, signal) => {
    const files: AggregatedFile[] = []
    for (const { containerId } of containers) {
      const address = `${url}/ws/v1/applicationhistory/containers/${containerId}/logs`
      files.push(...listed((await jsonOf(address, ask, signal)) ?? {}))
    }
    return files
  },
  read: ({ url, container, file, size }, take, ask, signal) => {
    const base = `${url}/ws/v1/applicationhistory`
    return ask({ url: `${fileAddress(base, container, file)}?size=${size}`, take }, signal)
  }
}

/** JobHistoryServer before 3.3: pages for people, with the length of each file, which what is read has to have. */
const pages: LogDialect = {
  isSpoken: async (url, ask, signal) =>
    (await versionOf(`${url}/ws/v1/history/info`, ask, signal)) !== undefined,
  filesOf: async ({ url, containers }, ask, signal) => {
    const files: AggregatedFile[] = []
    for (const { containerId, nodeId, owner } of containers) {
      if (nodeId === '') continue
      const found = await pageOf({ url, container: { containerId, nodeId, owner } }, ask, signal)
      for (const { name, bytes } of found) {
        if (isReadableLog(name)) files.push({ containerId, nodeId, name, bytes })
      }
    }
    return files
  },
  read: async ({ url, container, file, size }, take, ask, signal) => {
    const page = await pageOf({ url, container, file }, ask, signal)
    const log = page.find(({ name }) => name === file)
    if (!log) throw new NmError('NM_NOT_FOUND', 'log server has no such log')
    if (!log.content)
      throw new NmError('NM_NONSENSE', 'log server shows another length than it says')
    const part = size > 0 ? log.content.subarray(0, size) : log.content.subarray(size)
    const frame = framed(container.containerId, log, part)
    return await take(oneChunk(frame))
  }
}

/** In this order: the first one that is spoken is taken. */
export const LOG_DIALECTS: readonly LogDialect[] = [history, timeline, pages]

function fileAddress(base: string, { containerId }: EndedContainer, file: string): string {
  return `${base}/containerlogs/${containerId}/${encodeURIComponent(file)}`
}

/** The list of a container's, or of all containers', files. */
function listed(json: unknown): AggregatedFile[] {
  return toArray(member(json, 'containerLogsInfo')).flatMap((group) => {
    const files = logFilesResponse.safeParse({ containerLogsInfo: group }).data ?? []
    const { data } = of.safeParse(group)
    return data ? files.map(({ name, bytes }) => ({ ...data, name, bytes })) : []
  })
}

const of = z.object({ containerId: z.string(), nodeId: z.string().catch('') })

/** `undefined`: there is no such thing. */
async function jsonOf(url: string, ask: Ask, signal?: AbortSignal): Promise<unknown> {
  try {
    return await ask({ url, accept: 'application/json', take: readList }, signal)
  } catch (error) {
    if (error instanceof NmError && error.reason === 'NM_NOT_FOUND') return undefined
    throw error
  }
}

async function versionOf(url: string, ask: Ask, signal?: AbortSignal): Promise<string | undefined> {
  const version = member(member(await jsonOf(url, ask, signal), 'historyInfo'), 'hadoopVersion')
  return typeof version === 'string' ? version : undefined
}

async function pageOf(
  { url, container, file }: { url: string; container: EndedContainer; file?: string },
  ask: Ask,
  signal?: AbortSignal
): Promise<AggregatedPage[]> {
  const { containerId, nodeId, owner } = container
  const path = [nodeId, containerId, containerId, owner].map(encodeURIComponent).join('/')
  // Without a file it shows the last bytes of each, so that a list costs little.
  const query = file === undefined ? '?start=-1' : `${encodeURIComponent(file)}/?start=0`
  return await ask(
    {
      url: `${url}/jobhistory/logs/${path}/${query}`,
      take: async (body, limit) => {
        const { bytes, cut } = await readBounded(body, MAX_PAGE_BYTES, limit)
        if (cut) throw new NmError('NM_TOO_LARGE', 'the page of the log server is too large')
        return logsOnPage(bytes.toString('utf8'))
      }
    },
    signal
  )
}

/** As the other dialects answer. */
function framed(containerId: string, { name, bytes }: AggregatedPage, part: Buffer): Buffer {
  const head = `Container: ${containerId} on \nLogAggregationType: AGGREGATED\nLogType:${name}\nLogLength:${bytes}\nLogContents:\n`
  return Buffer.concat([Buffer.from(head), part])
}

async function* oneChunk(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes
}
