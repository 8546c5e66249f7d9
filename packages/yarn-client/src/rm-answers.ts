import type { HttpAnswer } from './http-call.ts'
import { RmError, type RmReason } from './rm-errors.ts'
import { parseRmJson } from './rm-json.ts'
import { type RemoteException, remoteExceptionResponse } from './rm-responses.ts'

/** What the active ResourceManager answered: 2xx and JSON. */
export interface RmAnswer {
  status: number
  /** The body as it came, nothing changed. */
  text: string
  json: unknown
}

/** This one is not the active ResourceManager, or none at all: the next one may be. */
export interface NotActive {
  reason: RmReason
  /** For people, without addresses. */
  detail: string
  status?: number
  text?: string
  /** Where a redirect points to. */
  location?: string
}

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])

/**
 * Tells the active ResourceManager's answer from that of a standby, a proxy or a stranger.
 *
 * Throws `RmError` for what the active one refuses: asking another would be no use.
 */
export function readRmAnswer(answer: HttpAnswer): RmAnswer | NotActive {
  const { status, bytes } = answer
  const text = bytes.toString('utf8')
  if (REDIRECTS.has(status)) return redirected(answer, text)
  const parsed = tryParse(text)
  if (status >= 200 && status < 300) {
    return parsed ? { status, text, json: parsed.json } : notJson(status, text)
  }
  const remote = remoteExceptionResponse.safeParse(parsed?.json).data
  if (status === 404 && !isNotFound(remote)) {
    return { reason: 'RM_NONSENSE', detail: 'knows no such call', status, text }
  }
  if (status === 502 || status === 504 || (status === 503 && !remote)) {
    return {
      reason: 'RM_UNREACHABLE',
      detail: `is behind a proxy that answers ${status}`,
      status,
      text
    }
  }
  throw refusal(answer, text, remote)
}

function redirected({ status, header }: HttpAnswer, text: string): NotActive {
  // A standby redirects with 307, with Location when it knows the active one. Other redirects are
  // somebody else's: a login page, a move to https.
  const reason = status === 307 ? 'RM_STANDBY' : 'RM_NONSENSE'
  const detail = status === 307 ? 'is standby' : `redirects with ${status}`
  const [location] = header('location')
  return { reason, detail, status, text, ...(location !== undefined && { location }) }
}

function notJson(status: number, text: string): NotActive {
  // Hadoop 2.6, and every version when asked with a large next.refresh.interval.
  const standby = text.startsWith('This is standby RM') || text.startsWith('There is no active RM')
  return standby
    ? { reason: 'RM_STANDBY', detail: 'is standby', status, text }
    : { reason: 'RM_NONSENSE', detail: 'answers something that is not JSON', status, text }
}

function refusal(answer: HttpAnswer, text: string, remote: RemoteException | undefined): RmError {
  const { status } = answer
  const negotiate = answer.header('www-authenticate').some((value) => /^negotiate\b/i.test(value))
  if (status === 401 && negotiate) {
    const message = 'ResourceManager demands Kerberos (SPNEGO), which is not supported'
    return new RmError('RM_KERBEROS', message, { status, text })
  }
  const words = ownWords(text, remote)
  if (status === 401 || status === 403) {
    return new RmError('RM_REFUSED', `ResourceManager refuses${words}`, { status, text })
  }
  if (status === 404) {
    return new RmError('RM_NOT_FOUND', `ResourceManager knows no such application${words}`, {
      status,
      text
    })
  }
  return new RmError('RM_ERROR', `ResourceManager answered ${status}${words}`, { status, text })
}

/** First line of what it says itself, never of an HTML page. */
function ownWords(text: string, remote: RemoteException | undefined): string {
  const said = remote ? remote.message || remote.exception : text
  const line = said.trimStart().split('\n', 1)[0] ?? ''
  return line === '' || line.startsWith('<') ? '' : `: ${line.slice(0, 300)}`
}

function isNotFound(remote: RemoteException | undefined): boolean {
  // Any IOException is a 404, too; only these two say that the application is not there.
  return (
    remote?.exception === 'NotFoundException' ||
    remote?.exception === 'ApplicationNotFoundException'
  )
}

function tryParse(text: string): { json: unknown } | undefined {
  try {
    return { json: parseRmJson(text) }
  } catch {
    return undefined
  }
}
