/** Directories of the root that belong to the file service: deleted things, and uploads that are not finished. */
export const TRASH = '.trash'
export const UPLOADS = '.uploads'

const MAX_CHARACTERS = 4096
const MAX_NAME_BYTES = 255
const MAX_LEVELS = 100

const DRIVE = /^[A-Za-z]:$/
const DRIVE_RELATIVE = /^[A-Za-z]:./
const ONLY_DOTS_AND_SPACES = /^[.\s]+$/
const NOT_IN_NAMES: readonly (readonly [RegExp, string])[] = [
  [/\0/, 'must not hold a NUL character'],
  [/\p{Surrogate}/u, 'is not valid Unicode: it holds half a character'],
  [/\uFFFD/, 'holds U+FFFD, so it was not sent as UTF-8'],
  [/[\p{Cc}\p{Zl}\p{Zp}]/u, 'must not hold control characters or line breaks'],
  [
    /[\p{Default_Ignorable_Code_Point}\p{Bidi_Control}]/u,
    'must not hold invisible or direction-changing characters'
  ]
]

/** A path that is refused; `reason` is plain English that fits after the parameter's name. */
export class FilePathError extends Error {
  readonly reason: string

  constructor(reason: string) {
    super(reason)
    this.name = 'FilePathError'
    this.reason = reason
  }
}

/**
 * The names that lead from the root to what `text` means (public-api §5): `c://test//a.txt` and `C:\test\a.txt` are
 * `c`, `test`, `a.txt`; `/a/b` and `a/b` are `a`, `b`. Empty and `.` segments count for nothing, names are composed
 * (NFC), so that one name typed on two systems is one file. `text` has been URL-decoded once; nothing is decoded here.
 * No names at all (`/`) mean the root itself, which only `allowRoot` permits.
 * @throws FilePathError for `..`, control, invisible and direction-changing characters, names over 255 bytes,
 *   names of the service's own (`.trash`, in any spelling that some disk takes for it), paths over 4096 characters.
 */
export function parseFilePath(text: string, options: { allowRoot?: boolean } = {}): string[] {
  if (text.length > MAX_CHARACTERS) {
    throw new FilePathError(`may have at most ${MAX_CHARACTERS} characters`)
  }
  const composed = text.normalize('NFC')
  for (const [pattern, reason] of NOT_IN_NAMES) {
    if (pattern.test(composed)) throw new FilePathError(reason)
  }
  const names = composed.split(/[\\/]+/).filter((name) => name !== '' && name !== '.')
  const segments = names.map((name, level) => checkedName(name, level))
  if (segments.length > MAX_LEVELS) {
    throw new FilePathError(`may have at most ${MAX_LEVELS} levels of directories`)
  }
  if (segments.length === 0 && !options.allowRoot) {
    throw new FilePathError('must name something below the root, not the root itself')
  }
  return segments
}

/** How a path is shown to people and in records: from the root, with `/`. */
export function formatFilePath(segments: readonly string[]): string {
  return `/${segments.join('/')}`
}

function checkedName(name: string, level: number): string {
  if (name === '..') throw new FilePathError('must not hold ".." segments')
  if (DRIVE.test(name)) {
    if (level > 0) throw new FilePathError('may have a drive letter only at its beginning')
    return name.charAt(0).toLowerCase()
  }
  if (level === 0 && DRIVE_RELATIVE.test(name)) {
    throw new FilePathError('needs a slash after the drive letter, as in c:/dir')
  }
  if (ONLY_DOTS_AND_SPACES.test(name.normalize('NFKC'))) {
    throw new FilePathError('must not hold names that consist of dots and spaces only')
  }
  if (Buffer.byteLength(name) > MAX_NAME_BYTES) {
    throw new FilePathError(`may have names of at most ${MAX_NAME_BYTES} bytes`)
  }
  if (level === 0 && isReserved(name)) {
    throw new FilePathError(`must not begin with ${TRASH} or ${UPLOADS}: those are the service's`)
  }
  return name
}

/**
 * True when some disk would take `name`, in the root, for a directory of the service's own: disks may ignore case,
 * width, trailing dots and spaces, and what follows a colon (NTFS streams).
 */
export function isReserved(name: string): boolean {
  const folded = name
    .normalize('NFKC')
    .toUpperCase()
    .toLowerCase()
    .replace(/:.*$/s, '')
    .replace(/[.\s]+$/, '')
    .replace(/^\s+/, '')
  return folded === TRASH || folded === UPLOADS
}
