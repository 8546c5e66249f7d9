import { type AzkabanVersion, startAzkaban } from '../../../src/azkaban/azkaban.ts'
import { exchange } from '../../yarn/replay/exchange.ts'
import type { RecordedAnswer, Recording } from '../../yarn/replay/recording.ts'
import { ask, logIn } from '../support/azkaban.ts'
import { demoProject } from '../support/demo-project.ts'
import { type Folder, parameterOf, readRecording } from './recording.ts'
import { firstIdOf, situationOf } from './situations.ts'

export interface Replayed {
  readonly recording: Recording
  readonly actual: RecordedAnswer
}

const users = [
  { name: 'azkaban', password: 'azkaban' },
  { name: 'reader', password: 'reader', permissions: { demo: ['READ'] } },
  { name: 'exec', password: 'exec', permissions: { demo: ['EXECUTE'] } },
  { name: 'nobody', password: 'nobody', permissions: {} }
] as const

/** Brings a fresh stand-in into the situation of a recording and sends the recorded request. */
export async function replay(folder: Folder, name: string): Promise<Replayed> {
  const recording = readRecording(folder, name)
  const { options, prepare, localAddress, firstId } = situationOf(folder, name)
  const firstExecutionId = firstId ?? firstIdOf(recording)
  const azkaban = await startAzkaban({
    version: folder.replace('-poll', '') as AzkabanVersion,
    dispatch: folder.endsWith('-poll') ? 'POLL' : 'PUSH',
    users,
    projects: [demoProject],
    refreshMs: 10,
    firstExecutionId,
    ...options
  })
  try {
    const { url } = azkaban
    const execId = Number(parameterOf(recording, 'execid') ?? firstExecutionId)
    let session: string | undefined
    let administrator: string | undefined
    const call: Call = async (ajax, fields) => {
      administrator ??= await logIn(url, 'azkaban')
      const { text } = await ask(url, { ajax, ...fields, 'session.id': administrator })
      return JSON.parse(text)
    }
    await prepare?.({
      azkaban,
      recording,
      folder,
      execId,
      call,
      start: async (flow, fields) => {
        await call('executeFlow', { project: 'demo', flow, concurrentOption: 'ignore', ...fields })
      },
      logIn: (user) => logIn(url, user),
      useSession(id) {
        session = id
      }
    })
    session ??= await sessionFor(url, folder, recording)
    const sent = withSession(recording, session)
    return { recording, actual: await exchange(url, sent, {}, localAddress) }
  } finally {
    await azkaban.close()
  }
}

type Call = (ajax: string, fields: Readonly<Record<string, string | number>>) => Promise<unknown>

/** Owners of the recorded sessions that are not the administrator's. */
type Owners = Readonly<Record<number, string>>
const early: Owners = { 3: 'reader', 4: 'exec', 5: 'nobody' }
const old: Owners = { 5: 'reader', 6: 'exec' }
const later: Owners = { 4: 'reader', 5: 'exec' }

const recordedSession = /0{8}-0{4}-4000-8000-\d{12}/

/** A session of the user whose recorded session the request names. */
async function sessionFor(
  url: string,
  folder: Folder,
  recording: Recording
): Promise<string | undefined> {
  const text = JSON.stringify([recording.target, recording.requestBody, recording.headers])
  const [recorded] = recordedSession.exec(text) ?? []
  if (recorded === undefined) return undefined
  const owners = folder === '2.5.0' ? early : folder === '3.0.0' ? old : later
  const owner = owners[Number(recorded.slice(-4))]
  return await logIn(url, owner ?? 'azkaban')
}

function withSession(recording: Recording, session: string | undefined): Recording {
  if (session === undefined) return recording
  const replaced = (text: string) => text.replace(recordedSession, session)
  return {
    ...recording,
    target: replaced(recording.target),
    requestBody: replaced(recording.requestBody),
    headers: recording.headers.map(([name, value]) => [name, replaced(value)] as const)
  }
}
