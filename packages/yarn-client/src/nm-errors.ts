/**
 * Why a container's log could not be had from its NodeManager (or the log server it points to).
 *
 * - `NM_UNREACHABLE`, `NM_TIMEOUT`: no whole answer; the node may be gone.
 * - `NM_NOT_FOUND`: it does not know the container or the file, or has deleted them by now.
 * - `NM_REFUSED`: this user may not read the logs of the application.
 * - `NM_KERBEROS`: it demands SPNEGO, which is not supported.
 * - `NM_TOO_LARGE`: the answer is larger than allowed.
 * - `NM_NONSENSE`: not the answer of a NodeManager, or half of one.
 * - `NM_ERROR`: it failed.
 */
export type NmReason =
  | 'NM_UNREACHABLE'
  | 'NM_TIMEOUT'
  | 'NM_NOT_FOUND'
  | 'NM_REFUSED'
  | 'NM_KERBEROS'
  | 'NM_TOO_LARGE'
  | 'NM_NONSENSE'
  | 'NM_ERROR'

export interface NmErrorDetails {
  status?: number | undefined
  text?: string | undefined
  cause?: unknown
}

/** The message says "NodeManager" or "log server" and never an address; the cause, for logs, may hold one. */
export class NmError extends Error {
  override readonly name = 'NmError'
  readonly reason: NmReason
  /** HTTP status of the answer, when there was one. */
  readonly status: number | undefined
  /** The answer's own body as text, at most 64 KiB, when there was one. */
  readonly text: string | undefined

  constructor(reason: NmReason, message: string, details: NmErrorDetails = {}) {
    super(message, { cause: details.cause })
    this.reason = reason
    this.status = details.status
    this.text = details.text
  }
}

/** What a NodeManager says with a status that is neither 2xx nor a redirect. */
export function nmRefusal(
  status: number,
  text: string,
  { authenticate, who }: { authenticate: readonly string[]; who: string }
): NmError {
  const details = { status, text }
  if (status === 401 && authenticate.some((value) => /^negotiate\b/i.test(value))) {
    const message = `${who} demands Kerberos (SPNEGO), which is not supported`
    return new NmError('NM_KERBEROS', message, details)
  }
  const words = ownWords(text)
  // The refusal by access list comes as a 500 with a sentence.
  if (status === 401 || status === 403 || / is not authorized to view the logs /.test(text)) {
    return new NmError('NM_REFUSED', `${who} refuses${words}`, details)
  }
  if (status === 404 || status === 400) {
    return new NmError('NM_NOT_FOUND', `${who} has no such log${words}`, details)
  }
  return new NmError('NM_ERROR', `${who} answered ${status}${words}`, details)
}

/** The first line of a plain sentence; nothing of JSON and HTML. */
function ownWords(text: string): string {
  const [line = ''] = text
    .replace(/^java\.lang\.Exception: /, '')
    .trimStart()
    .split('\n', 1)
  return line === '' || line.startsWith('<') || line.startsWith('{')
    ? ''
    : `: ${line.slice(0, 300)}`
}
