import { type Assignment, outlineConfig } from '@scheduler-task/job-config/config-outline'
import type { LaunchSettings } from './launching.ts'
import { replaceAllOf } from './replace-all-of.ts'

const SECRET_NAME =
  /(password|passwd|passphrase|(?<!by|com|sur|tres)pass|pwd|secret|token|credential|authorization|auth(orization)?[_-]?code|cookie|key)s?$|^auth$/i
/** Keys of data, whose values are names of columns: masked, they would be missing everywhere in a log. */
const DATA_KEY =
  /(primary|foreign|unique|natural|business|composite|row|record|message|sort(ing)?|order(ing)?|partition(ing)?|shard(ing)?|chunk|split|bucket|cluster(ing)?|distribut(ed|ion)|group(ing)?|join|merge|dedup(lication)?|routing)[._\s-]?keys?$/i
/** Everything in a block of such a name, as in `password { value = … }`; `key` alone names too much. */
const SECRET_BLOCK = /(password|passwd|passphrase|pwd|secret|token|credential|authorization)s?$/i
const SHORTEST_SECRET = 4
const MASK = '******'
/** From a secret's setting on, to others that it refers to. */
const MAX_HOPS = 5
/** Values that name nothing, and would black out half a log. */
const HARMLESS = /^(true|false|null|none|\$\{.*\})$/i
/** What a value refers to: `${name}`, also in quotes. */
const REFERENCE = /\$\{\??([^${}]{1,200})\}/g
/** `password=…`, `"secretKey": "…"`, `password=\"…\"` in any output, whatever the config says. */
const ASSIGNED =
  /((?:password|passwd|passphrase|(?<![a-z])pass|pwd|secret|token|credential|auth(?:orization)?[_-]?code|(?:access|secret|api|private)[_.-]?key)s?\\{0,2}["']?\s{0,4}[=:]\s{0,4}\\{0,2}["']?)([^\s"',;&}\\]{4,})/gi
/** `--name=value`, `name=value`, or `--name`, whose value is the next argument. */
const OPTION = /^-{0,2}([A-Za-z][\w.-]*)(?:=(.*))?$/s
/** `scheme://user:password@host`, also with an @ in the password, and `jdbc:oracle:thin:user/password@host` */
const IN_URL =
  /(\b[a-z][a-z0-9+.-]{0,20}:\/\/[^\s/:@"']{0,200}:|\bjdbc:oracle:[a-z0-9]{1,10}:[^\s/:@"']{1,200}\/)([^\s/"']{1,200})(?=@)/gi

/**
 * The secrets that a config text holds: values of keys that end in password, secret, token, key and the like, of four
 * characters and more, each line of a longer text for itself, longest first, also as JSON and URLs spell them.
 */
export function secretsIn(configText: string): readonly string[] {
  const { assignments } = secretSettings(configText)
  return spellingsOf(assignments.flatMap(({ values }) => values))
}

/** The same of what a launcher is given beside the config: variables, settings of the engine, arguments. */
export function secretsInSettings({ variables, conf, args }: LaunchSettings): readonly string[] {
  return secretsNamed([...Object.entries(variables), ...Object.entries(conf), ...optionsIn(args)])
}

/** Of all of them, and of the launchers' environment. */
export function allSecrets(
  configText: string,
  settings: LaunchSettings,
  environment: Readonly<Record<string, string>> = {}
): readonly string[] {
  const { assignments, names } = secretSettings(configText)
  const variables = Object.entries(settings.variables).filter(([name]) => names.has(name))
  const secrets = new Set([
    ...spellingsOf(assignments.flatMap(({ values }) => values)),
    ...spellingsOf(variables.map(([, value]) => value)),
    ...secretsInSettings(settings),
    ...secretsNamed(Object.entries(environment))
  ])
  return [...secrets].sort((one, other) => other.length - one.length)
}

/** A launcher's words without the secrets, and without what a word gives to an option of a secret's name. */
export function maskArguments(argv: readonly string[], secrets: readonly string[]): string[] {
  const own = [...secretsNamed(optionsIn(argv)), ...secrets]
  own.sort((one, other) => other.length - one.length)
  return argv.map((word) => maskSecrets(word, own))
}

/** Values may be options themselves: `-Dstore.password=…`. */
function secretsNamed(given: readonly (readonly [name: string, value: string])[]) {
  const words = given.flatMap(([, value]) =>
    optionsIn(value.split(/\s+/).filter((word) => word.includes('=')))
  )
  const named = [...given, ...words].filter(([name]) => isSecret([name]))
  return spellingsOf(named.map(([, value]) => value))
}

function optionsIn(args: readonly string[]): [name: string, value: string][] {
  return args.map((argument, at) => {
    const [, option = '', value = args[at + 1] ?? ''] = OPTION.exec(argument) ?? []
    return [option, value]
  })
}

function spellingsOf(values: readonly string[]): readonly string[] {
  const secrets = new Set<string>()
  for (const value of values.flatMap((text) => text.split(/\r?\n/))) {
    const text = value.trim()
    if (text.length < SHORTEST_SECRET || HARMLESS.test(text)) continue
    for (const spelling of [text, JSON.stringify(text).slice(1, -1), urlEncoded(text)]) {
      secrets.add(spelling)
    }
  }
  return [...secrets].sort((one, other) => other.length - one.length)
}

/** A key with dots is one key for the parser; for people it is a path. */
function isSecret(path: readonly string[], known = new Map<string, Secrecy>()): boolean {
  let last = false
  for (const key of path) {
    let secrecy = known.get(key)
    if (!secrecy) {
      secrecy = secrecyOf(key)
      known.set(key, secrecy)
    }
    if (secrecy.block) return true
    last = secrecy.last
  }
  return last
}

/** What a key says of its own value, as the last of its path, and of all that stands in its block. */
type Secrecy = Readonly<{ last: boolean; block: boolean }>

function secrecyOf(key: string): Secrecy {
  const names = key.split('.')
  return {
    last: SECRET_NAME.test(names.at(-1) ?? '') && !DATA_KEY.test(key),
    block: names.some((name) => SECRET_BLOCK.test(name))
  }
}

/** The settings of a secret's name, and those that they refer to; `names` are all names that they refer to. */
function secretSettings(text: string): {
  assignments: readonly Assignment[]
  all: readonly Assignment[]
  names: ReadonlySet<string>
} {
  const { assignments: all } = outlineConfig(text)
  const isNamed = secretPaths()
  const secret = new Set(all.filter(({ path }) => isNamed(path)))
  const names = new Set<string>()
  let latest = [...secret]
  for (let hops = 0; latest.length > 0 && hops < MAX_HOPS; hops++) {
    const known = names.size
    for (const { values } of latest) for (const name of referencesIn(values)) names.add(name)
    latest =
      names.size === known
        ? []
        : all.filter((one) => !secret.has(one) && names.has(one.path.join('->')))
    for (const one of latest) secret.add(one)
  }
  return { assignments: all.filter((one) => secret.has(one)), all, names }
}

function referencesIn(values: readonly string[]): string[] {
  return values.flatMap((value) =>
    [...value.matchAll(REFERENCE)].map(([, name = '']) =>
      name
        .split('->')
        .map((key) => key.trim().replace(/^"(.*)"$/, '$1'))
        .join('->')
    )
  )
}

/** `isSecret` for the many paths of one config, in which the same few keys come again and again. */
function secretPaths(): (path: readonly string[]) => boolean {
  const known = new Map<string, Secrecy>()
  return (path) => isSecret(path, known)
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

/** Up to the value, of a line that begins with a key. */
const KEY = /^[^=:{]*[=:{]?\s*/

/**
 * Masks single lines of a config, by their number: the text is read once. What a key of a secret's name is given is masked
 * whatever its spelling, up to the next setting; values that stand elsewhere once more by their spelling.
 */
export function lineMask(configText: string): (line: string, number: number) => string {
  const { assignments, all } = secretSettings(configText)
  const ofSecrets = new Set(assignments)
  const secrets = spellingsOf([...ofSecrets].flatMap(({ values }) => values))
  /** Where a secret's setting begins, and the line of the next setting. */
  const settings = new Map<number, { column: number; next: number }>()
  const backwards = all.toSorted((one, other) => other.line - one.line)
  let next = Number.POSITIVE_INFINITY
  let line = Number.POSITIVE_INFINITY
  for (const one of backwards) {
    if (one.line < line) next = line
    line = one.line
    if (!ofSecrets.has(one) || one.values.every(isHarmless)) continue
    const column = Math.min(one.column, settings.get(line)?.column ?? one.column)
    settings.set(line, { column, next })
  }
  return (line, number) => {
    const setting = settings.get(number)
    if (setting) {
      const before = line.slice(0, setting.column - 1)
      const key = KEY.exec(line.slice(setting.column - 1))?.[0] ?? ''
      return `${maskSecrets(before, secrets)}${key}${MASK}`
    }
    for (const [first, { next }] of settings) {
      if (number > first && number < next && goesOn(line)) return MASK
    }
    return maskSecrets(line, secrets)
  }
}

/** Not only braces, and no comment. */
function goesOn(line: string): boolean {
  return !/^\s*(?:[{}[\],\s]*|#.*|\/\/.*|[A-Za-z_][\w.-]*\s*\{\s*\}?)$/.test(line)
}

function assignmentsOfSecrets(text: string) {
  return secretSettings(text).assignments.filter(({ values }) =>
    values.some((value) => !isHarmless(value))
  )
}

function isHarmless(value: string): boolean {
  const rest = value.replaceAll(MASK, '').trim()
  return rest.length < SHORTEST_SECRET || HARMLESS.test(rest)
}

/** The text with every secret, and everything that is assigned to a secret's name, replaced by asterisks. */
export function maskSecrets(text: string, secrets: readonly string[]): string {
  const masked = replaceAllOf(secrets, text, MASK)
  return masked.replace(ASSIGNED, `$1${MASK}`).replace(IN_URL, `$1${MASK}`)
}

function urlEncoded(text: string): string {
  try {
    return encodeURIComponent(text)
  } catch {
    return text // half a surrogate pair
  }
}
