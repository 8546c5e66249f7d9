/** The path and the query of a request, in the one form in which everybody sees them. */
export type RequestTarget = {
  path: string
  /** With its `?`, byte for byte as it came; empty when there is none. */
  query: string
}

/** What RFC 3986 lets stand in a path, but `;`. (Bytes above ASCII are refused by Node already.) */
const PATH_CHARACTERS = /^[A-Za-z0-9\-._~!$&'()*+,=:@/%]*$/
const UNRESERVED = /[A-Za-z0-9\-_~]/

/**
 * Reads a request's target (the raw text of the request line). What this and a service behind it could understand in
 * two ways is refused: other forms than `/path?query`, dot segments, empty segments, escaped dots, slashes, backslashes
 * and control characters, path parameters. Needless escapes of letters and digits are undone.
 * Answers a reason when it is refused.
 */
export function readRequestTarget(text: string): RequestTarget | { refused: string } {
  if (text[0] !== '/') return { refused: 'the request line must hold a path that begins with /' }
  if (text.includes('#')) return { refused: 'a fragment has no place in a request' }
  const end = text.indexOf('?')
  const raw = end < 0 ? text : text.slice(0, end)
  const query = end < 0 ? '' : text.slice(end)
  if (!PATH_CHARACTERS.test(raw))
    return { refused: 'the path holds characters that must be escaped' }
  if (raw.includes('//')) return { refused: 'the path holds an empty segment' }
  const path = raw.includes('%') ? undoNeedlessEscapes(raw) : raw
  if (path === undefined) {
    return {
      refused: 'the path holds an escape that is not valid, or one of a dot, slash or control'
    }
  }
  if (path.includes('/.') && hasDotSegment(path)) return { refused: 'the path holds a dot segment' }
  return { path, query }
}

function hasDotSegment(path: string): boolean {
  return path.split('/').some((segment) => segment === '.' || segment === '..')
}

function undoNeedlessEscapes(path: string): string | undefined {
  let refused = false
  const undone = path.replace(/%(..?)?/gs, (found, digits: string | undefined) => {
    if (!digits || !/^[0-9A-Fa-f]{2}$/.test(digits)) {
      refused = true
      return found
    }
    const code = Number.parseInt(digits, 16)
    const character = String.fromCharCode(code)
    if (code < 0x20 || code === 0x7f || './\\;%'.includes(character)) refused = true
    return UNRESERVED.test(character) ? character : found.toUpperCase()
  })
  return refused || !isUtf8(undone) ? undefined : undone
}

function isUtf8(path: string): boolean {
  try {
    decodeURIComponent(path)
    return true
  } catch {
    return false
  }
}
