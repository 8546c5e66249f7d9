import type { Test } from 'tap'
import {
  type AzkabanOptions,
  type SandboxAzkaban,
  startAzkaban
} from '../../../src/azkaban/azkaban.ts'

/** A stand-in that ends with the test. */
export async function azkabanFor(t: Test, options: AzkabanOptions = {}): Promise<SandboxAzkaban> {
  const azkaban = await startAzkaban(options)
  t.teardown(() => azkaban.close())
  return azkaban
}

export type Fields = Readonly<Record<string, string | number>>

export interface Asked {
  readonly status: number
  readonly reason: string
  readonly text: string
}

/** One POST as the product makes it. */
export async function ask(url: string, fields: Fields, path = '/executor'): Promise<Asked> {
  const entries = Object.entries(fields).map(([name, value]) => [name, String(value)])
  const response = await fetch(`${url}${path}`, {
    method: 'POST',
    redirect: 'manual',
    headers: { 'x-requested-with': 'XMLHttpRequest', connection: 'close' },
    body: new URLSearchParams(Object.fromEntries(entries))
  })
  return { status: response.status, reason: response.statusText, text: await response.text() }
}

/** The id of a new session. */
export async function logIn(url: string, name = 'admin', password = name): Promise<string> {
  const { text } = await ask(url, { action: 'login', username: name, password }, '/')
  const id = JSON.parse(text)['session.id']
  if (typeof id !== 'string') throw new Error(text)
  return id
}

/** Calls of one session, with their answers read as JSON. */
export async function sessionOf(azkaban: { readonly url: string }, name = 'admin') {
  const id = await logIn(azkaban.url, name)
  const call = async (ajax: string, fields: Fields = {}) => {
    const answer = await ask(azkaban.url, { ajax, ...fields, 'session.id': id })
    return answer.status === 200 ? JSON.parse(answer.text) : answer
  }
  return {
    id,
    call,
    /** Starts a flow of project `test`; the id of the execution. */
    async start(flow = 'test', fields: Fields = {}): Promise<number> {
      const answer = await call('executeFlow', {
        project: 'test',
        flow,
        concurrentOption: 'ignore',
        ...fields
      })
      if (!(answer.execid > 0)) throw new Error(JSON.stringify(answer))
      return answer.execid
    },
    status: async (execid: number): Promise<string> => {
      return (await call('fetchexecflow', { execid })).status
    },
    /** All of a log that is there now. */
    log: async (execid: number, jobId: string, fields: Fields = {}): Promise<string> => {
      const block = { execid, jobId, offset: 0, length: 1_000_000, ...fields }
      return (await call('fetchExecJobLogs', block)).data
    }
  }
}
