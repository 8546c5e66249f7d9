import { AzkabanError } from '../domain/azkaban.ts'
import type { RawAnswer } from './azkaban-connection.ts'

export type JsonObject = Readonly<Record<string, unknown>>

/** What v1 shows for a lost session, whichever of its forms Azkaban chose. */
export const SESSION_LOST_TEXT = '{"error":"session"}'

/**
 * The JSON object that Azkaban answered, when it is no error. Judged by content: types and status codes of Azkaban's
 * answers say little (azkaban.md §15.2).
 * @throws AzkabanError
 */
export function answeredObject({ status, text, location }: RawAnswer): JsonObject {
  if (location !== undefined && LEADS_ELSEWHERE.test(location)) {
    throw nonsense('a redirect to another page')
  }
  if (status === 302 || status === 303) throw sessionLost()
  if (status >= 300 && status < 400) throw nonsense(`a redirect (HTTP ${status})`)
  if (status === 502 || status === 503 || status === 504) {
    const message = `Azkaban cannot be asked: what stands before it answered HTTP ${status}`
    throw new AzkabanError('UNREACHABLE', message, { maybeDone: true })
  }
  const body = text.trimStart()
  if (body === '') throw nonsense(`an empty body (HTTP ${status})`)
  const json = objectIn(body)
  if (json) {
    const error = errorOf(json, text)
    if (error) throw error
    if (status >= 400) throw nonsense(`HTTP ${status}`)
    return json
  }
  if (body.startsWith('<')) {
    if (status === 500) throw new AzkabanError('PAGE', `Azkaban: ${reasonIn(body)}`, { text })
    if (status === 200 && LOGIN_FORM.test(body)) throw sessionLost()
    throw nonsense(`a web page (HTTP ${status})`)
  }
  // "Login error. Need username and password" and the like, §2.3.
  if (status === 200 && body.startsWith('Login error')) throw sessionLost()
  if (body.startsWith('{')) throw nonsense('a part of an answer')
  throw nonsense(`something else than JSON (HTTP ${status})`)
}

const LOGIN_FORM = /name=["']?password/i
/**
 * No session is lost where a path that Azkaban does not have leads to its start page (§1.2), or a page leads to itself on
 * another scheme or host.
 */
const LEADS_ELSEWHERE = /\/(?:index|executor|manager)(?:\?|$)/

export function sessionLost(): AzkabanError {
  return new AzkabanError('SESSION_LOST', 'Azkaban does not know the session', {
    text: SESSION_LOST_TEXT
  })
}

/** After the request was sent: whether it was carried out is not known. */
export function nonsense(what: string): AzkabanError {
  const message = `Azkaban answered ${what}; AZKABAN_URL may lead elsewhere`
  return new AzkabanError('NONSENSE', message, { maybeDone: true })
}

function objectIn(text: string): JsonObject | undefined {
  if (!text.startsWith('{')) return undefined
  try {
    return JSON.parse(text) as JsonObject
  } catch {
    return undefined
  }
}

/** The rules (c) and (e) of §15.2. */
function errorOf(json: JsonObject, text: string): AzkabanError | undefined {
  const { error, status, action, execid } = json
  if (error === 'session') return sessionLost()
  if (action === 'login' && status === 'error') return sessionLost()
  if (!('error' in json) && status !== 'error') return undefined
  const said = String(error ?? json.message ?? '')
  return new AzkabanError('REFUSED', `Azkaban refused: ${said.slice(0, 500)}`, {
    text,
    said,
    execId: typeof execid === 'number' && execid > 0 ? execid : undefined
  })
}

/** What a 500 page gives as its reason. */
function reasonIn(page: string): string {
  const [, title] = /<title>\s*(?:Error 500 )?([^<]{0,500})<\/title>/i.exec(page) ?? []
  return title ?? 'HTTP 500'
}
