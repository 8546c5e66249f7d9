import { outlineConfig } from './config-outline.ts'

const SECRET_NAME = /(password|passwd|passphrase|pwd|secret|token|credential|authorization|key)s?$/i
/** Everything in a block of such a name, as in `password { value = … }`; `key` alone names too much. */
const SECRET_BLOCK = /(password|passwd|passphrase|pwd|secret|token|credential|authorization)s?$/i
const SHORTEST_SECRET = 4
const MASK = '******'
/** Values that name nothing, and would black out half a log. */
const HARMLESS = /^(true|false|null|none|\$\{.*\})$/i
/** `password=…`, `"secretKey": "…"`, `password=\"…\"` in any output, whatever the config says. */
const ASSIGNED =
  /((?:password|passwd|passphrase|pwd|secret|token|credential|(?:access|secret|api|private)[_.-]?key)s?\\{0,2}["']?\s{0,4}[=:]\s{0,4}\\{0,2}["']?)([^\s"',;&}\\]{4,})/gi
/** `scheme://user:password@host` */
const IN_URL = /(\b[a-z][a-z0-9+.-]{0,20}:\/\/[^\s/:@"']{0,200}:)([^\s/@"']{1,200})(?=@)/gi

/**
 * The secrets that a config text holds: values of keys that end in password, secret, token, key and the like, of four
 * characters and more, each line of a longer text for itself, longest first, also as JSON and URLs spell them.
 */
export function secretsIn(configText: string): readonly string[] {
  const secrets = new Set<string>()
  for (const { path, values } of outlineConfig(configText).assignments) {
    if (!isSecret(path)) continue
    for (const value of values.flatMap((text) => text.split(/\r?\n/))) {
      const text = value.trim()
      if (text.length < SHORTEST_SECRET || HARMLESS.test(text)) continue
      for (const spelling of [text, JSON.stringify(text).slice(1, -1), urlEncoded(text)]) {
        secrets.add(spelling)
      }
    }
  }
  return [...secrets].sort((one, other) => other.length - one.length)
}

/** A key with dots is one key for the parser; for people it is a path. */
function isSecret(path: readonly string[]): boolean {
  const names = path.flatMap((key) => key.split('.'))
  return SECRET_NAME.test(names.at(-1) ?? '') || names.some((name) => SECRET_BLOCK.test(name))
}

/**
 * A config as others than its owner may see it. What is masked is read again: a line that still assigns a secret (one
 * that is put together of pieces, or written with escapes) is masked as a whole.
 */
export function maskConfig(text: string): string {
  const masked = maskSecrets(text, secretsIn(text))
  const left = assignmentsOfSecrets(masked)
  if (left.length === 0) return masked
  const lines = masked.split('\n')
  for (const { line, column } of left) {
    const kept = (lines[line - 1] ?? '').slice(0, column - 1)
    lines[line - 1] = `${kept}${MASK}`
  }
  const byLine = lines.join('\n')
  // What goes on over several lines cannot be cut out of its line.
  return assignmentsOfSecrets(byLine).length === 0 ? byLine : MASK
}

function assignmentsOfSecrets(text: string) {
  return outlineConfig(text).assignments.filter(
    ({ path, values }) => isSecret(path) && values.some((value) => !isHarmless(value))
  )
}

function isHarmless(value: string): boolean {
  const rest = value.replaceAll(MASK, '').trim()
  return rest.length < SHORTEST_SECRET || HARMLESS.test(rest)
}

/** The text with every secret, and everything that is assigned to a secret's name, replaced by asterisks. */
export function maskSecrets(text: string, secrets: readonly string[]): string {
  let masked = text
  for (const secret of secrets) masked = masked.replaceAll(secret, MASK)
  return masked.replace(ASSIGNED, `$1${MASK}`).replace(IN_URL, `$1${MASK}`)
}

function urlEncoded(text: string): string {
  try {
    return encodeURIComponent(text)
  } catch {
    return text // half a surrogate pair
  }
}
