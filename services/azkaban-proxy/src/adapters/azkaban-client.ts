import type { z } from 'zod'
import type { Azkaban, AzkabanSession, Flow, LogQuestion } from '../domain/azkaban.ts'
import { AzkabanError } from '../domain/azkaban.ts'
import { answeredObject, type JsonObject, nonsense } from './azkaban-answer.ts'
import type { AzkabanConnection, AzkabanQuestion } from './azkaban-connection.ts'
import {
  executionOf,
  executionResponse,
  executionsResponse,
  flowsResponse,
  loginResponse,
  logResponse,
  runningResponse,
  startResponse
} from './azkaban-responses.ts'

const MIB = 1024 * 1024
const SMALL_BYTES = MIB
/** An execution of 10 000 jobs takes about 3 MB. */
const LIST_BYTES = 32 * MIB
/**
 * Escaping makes at most 6 bytes of one: `&quot;` for a quote, `\u001b` for a control character; what is not ASCII
 * grows less (`&#28450;` for 3 bytes, `&thetasym;` for 2). Around it stands less than this.
 */
const LOG_GROWTH = 6
const LOG_FRAME_BYTES = 64 * 1024
/** Azkaban reads these as int; a sum beyond it is answered as an empty log (azkaban.md §4.4). */
const MAX_INT = 2_147_483_647

export type AzkabanClientOptions = Readonly<{
  connection: AzkabanConnection
  /** For a connection; the cancels' own is given with each. */
  waitMs: number
  timeoutMs: number
  cancelTimeoutMs: number
}>

type Answered = Readonly<{ json: JsonObject; text: string }>

/** Azkaban's AJAX API, by the rules of azkaban.md §15. Any version: what it is shows in its answers alone. */
export function createAzkabanClient(options: AzkabanClientOptions): Azkaban {
  const { connection, waitMs, timeoutMs, cancelTimeoutMs } = options

  async function ask(question: Partial<AzkabanQuestion> & { path: string }): Promise<Answered> {
    const raw = await connection.ask({
      method: 'POST',
      kind: 'short',
      waitMs,
      timeoutMs,
      maxBytes: SMALL_BYTES,
      ...question
    })
    return { json: answeredObject(raw), text: raw.text }
  }

  return {
    login: async ({ username, password }, signal) => {
      const raw = await connection.ask({
        method: 'POST',
        path: '/',
        form: { action: 'login', username, password },
        kind: 'short',
        waitMs,
        timeoutMs,
        maxBytes: SMALL_BYTES,
        signal
      })
      refusePlainText(raw.text)
      const answer = { json: loginObject(raw), text: raw.text }
      read(loginResponse, answer)
      return answer.text
    },
    session: (sessionId) => sessionOf(sessionId),
    ping: async (signal) => {
      try {
        // Without a session: JSON since 3.33.0, the login page before (§1.2).
        await ask({ method: 'GET', path: '/status', timeoutMs: Math.min(timeoutMs, 5000), signal })
      } catch (error) {
        if (error instanceof AzkabanError && error.reason === 'SESSION_LOST') return
        throw error
      }
    },
    close: connection.close
  }

  function sessionOf(sessionId: string): AzkabanSession {
    const call = (
      ajax: string,
      parameters: Readonly<Record<string, string>>,
      more: Partial<AzkabanQuestion>
    ) => ask({ path: '/executor', form: { ajax, ...parameters, 'session.id': sessionId }, ...more })

    /** Before 3.72.0 `/manager` answers GET only; the id goes into a header, since queries are logged (§15.1). */
    const look = (parameters: Readonly<Record<string, string>>, signal?: AbortSignal) =>
      ask({
        method: 'GET',
        path: `/manager?${new URLSearchParams(parameters)}`,
        headers: { cookie: `azkaban.browser.session.id=${encodeURIComponent(sessionId)}` },
        maxBytes: LIST_BYTES,
        signal
      })

    return {
      start: async (flow, signal) => {
        const parameters = { ...namesOf(flow), concurrentOption: 'ignore' }
        // A start may load a large project first.
        const more = { timeoutMs: 2 * timeoutMs, signal }
        const answer = await call('executeFlow', parameters, more)
        const { execid } = read(startResponse, answer)
        if (execid > 0) return { text: answer.text, execId: execid }
        const said = String(answer.json.message ?? 'nothing was started')
        throw new AzkabanError('REFUSED', `Azkaban refused: ${said.slice(0, 500)}`, {
          text: answer.text,
          said
        })
      },
      execution: async (execId, signal) => {
        const more = { maxBytes: LIST_BYTES, signal }
        const answer = await call('fetchexecflow', { execid: String(execId) }, more)
        const parsed = read(executionResponse, answer)
        if (parsed.execid !== execId) throw nonsense('about another execution')
        return executionOf(parsed, answer.text)
      },
      jobLog: async (question, signal) => {
        const maxBytes = question.length * LOG_GROWTH + LOG_FRAME_BYTES
        const more = { kind: 'log', maxBytes, signal } as const
        const answer = await call('fetchExecJobLogs', logParameters(question), more)
        return { ...read(logResponse, answer), text: answer.text }
      },
      running: async (flow, signal) => {
        const answer = await call('getRunning', namesOf(flow), { maxBytes: LIST_BYTES, signal })
        return { text: answer.text, execIds: read(runningResponse, answer).execIds }
      },
      cancel: async (execId, { waitMs: patienceMs, signal, onSent }) => {
        await call(
          'cancelFlow',
          { execid: String(execId) },
          { kind: 'cancel', waitMs: patienceMs, timeoutMs: cancelTimeoutMs, signal, onSent }
        )
      },
      flows: async (project, signal) => {
        const answer = await look({ ajax: 'fetchprojectflows', project }, signal)
        return read(flowsResponse, answer).flows.map(({ flowId }) => flowId)
      },
      executions: async (flow, signal) => {
        const page = { start: '0', length: '20' }
        const asked = { ajax: 'fetchFlowExecutions', ...namesOf(flow), ...page }
        return read(executionsResponse, await look(asked, signal)).executions
      }
    }
  }
}

function namesOf({ project, flow }: Flow) {
  return { project, flow }
}

function logParameters({ execId, jobId, attempt, offset, length }: LogQuestion) {
  return {
    execid: String(execId),
    jobId,
    offset: String(offset),
    length: String(Math.min(length, MAX_INT - offset)),
    ...(attempt !== undefined && { attempt: String(attempt) })
  }
}

/** "Login error. Must pass username and password in request body" and the like are lines of text (§2.1). */
function refusePlainText(text: string): void {
  if (!text.startsWith('Login error')) return
  throw new AzkabanError('REFUSED', `Azkaban refused: ${text.slice(0, 500)}`, { text, said: text })
}

/** There is no session yet that could be lost. */
function loginObject(raw: { status: number; text: string }): JsonObject {
  try {
    return answeredObject(raw)
  } catch (error) {
    if (error instanceof AzkabanError && error.reason === 'SESSION_LOST') {
      throw nonsense('its login page')
    }
    throw error
  }
}

function read<T>(schema: z.ZodType<T>, { json }: Answered): T {
  const parsed = schema.safeParse(json)
  if (!parsed.success) throw nonsense('something else than was asked')
  return parsed.data
}
