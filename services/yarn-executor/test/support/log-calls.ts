import { get } from 'node:http'
import type { JobLog } from '@scheduler-task/contracts/executor-log'
import type { Test } from 'tap'

export async function logOf(url: string, id: string, query = ''): Promise<JobLog> {
  const response = await fetch(`${url}/executor/v2/jobs/${id}/log?${query}`)
  if (response.status !== 200) throw new Error(`${response.status}: ${await response.text()}`)
  return (await response.json()) as JobLog
}

export type FollowedLog = {
  texts: () => string[]
  lastId: () => string | undefined
  opened: () => boolean
  /** `event: end` has come. */
  ended: () => boolean
  /** The connection is over. */
  closed: () => boolean
  close: () => void
}

/** Reads along, as a browser does; the connection ends with the test. */
export function followLog(
  t: Test,
  url: string,
  id: string,
  { lastEventId }: { lastEventId?: string | undefined } = {}
): FollowedLog {
  const texts: string[] = []
  let opened = false
  let ended = false
  let closed = false
  let last = lastEventId
  let rest = ''
  const headers = lastEventId === undefined ? {} : { 'last-event-id': lastEventId }
  const call = get(`${url}/executor/v2/jobs/${id}/log?follow`, { headers }, (response) => {
    opened = response.statusCode === 200
    response.setEncoding('utf8')
    response.on('data', (chunk: string) => {
      const events = (rest + chunk).split('\n\n')
      rest = events.pop() ?? ''
      for (const event of events) take(event)
    })
    response.on('close', () => (closed = true))
    response.on('error', () => (closed = true))
  })
  call.on('error', () => (closed = true))
  t.teardown(() => call.destroy())

  function take(event: string): void {
    const cursor = /^id: (\d+)$/m.exec(event)?.[1]
    if (cursor === undefined) return
    last = cursor
    if (event.includes('\nevent: end\n')) ended = true
    else texts.push((JSON.parse(/^data: (.*)$/m.exec(event)?.[1] ?? '{}') as { text: string }).text)
  }

  return {
    texts: () => [...texts],
    lastId: () => last,
    opened: () => opened,
    ended: () => ended,
    closed: () => closed,
    close: () => call.destroy()
  }
}
