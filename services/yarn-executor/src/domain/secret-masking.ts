import { outlineConfig } from './config-outline.ts'

const SECRET_NAME = /(password|passwd|pwd|secret|token|credential|key)s?$/i
const SHORTEST_SECRET = 4
const MASK = '******'
/** Values that name nothing, and would black out half a log. */
const HARMLESS = /^(true|false|null|none|\$\{.*\})$/i
/** `password=…`, `"secretKey": "…"` in any output, whatever the config says. */
const ASSIGNED =
  /((?:password|passwd|pwd|secret|token|credential|(?:access|secret|api|private)[_.-]?key)s?["']?\s{0,4}[=:]\s{0,4}["']?)([^\s"',;&}]{4,})/gi

/**
 * The secrets that a config text holds: values of keys that end in password, secret, token, key and the like, of four
 * characters and more, each line of a longer text for itself, longest first, also as JSON and URLs spell them.
 */
export function secretsIn(configText: string): readonly string[] {
  const secrets = new Set<string>()
  for (const { path, values } of outlineConfig(configText).assignments) {
    if (!SECRET_NAME.test(path.at(-1) ?? '')) continue
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

/** The text with every secret, and everything that is assigned to a secret's name, replaced by asterisks. */
export function maskSecrets(text: string, secrets: readonly string[]): string {
  let masked = text
  for (const secret of secrets) masked = masked.replaceAll(secret, MASK)
  return masked.replace(ASSIGNED, `$1${MASK}`)
}

function urlEncoded(text: string): string {
  try {
    return encodeURIComponent(text)
  } catch {
    return text // half a surrogate pair
  }
}
