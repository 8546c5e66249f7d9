import { z } from 'zod'

/** A configuration that cannot be used; `problems` has one line a variable, without any secret value. */
export class ConfigError extends Error {
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(`the configuration is not usable:\n  ${problems.join('\n  ')}`)
    this.name = 'ConfigError'
    this.problems = problems
  }
}

/**
 * Reads a configuration from environment variables. An empty value counts as not set, since '' would be coerced to 0.
 * @throws ConfigError naming every variable that is wrong, and what would be right.
 */
export function loadConfig<Schema extends z.ZodType>(
  schema: Schema,
  variables: Readonly<Record<string, string | undefined>>
): Readonly<z.output<Schema>> {
  const set = Object.entries(variables).filter(([, value]) => value !== undefined && value !== '')
  const parsed = schema.safeParse(Object.fromEntries(set))
  if (parsed.success) return parsed.data as Readonly<z.output<Schema>>
  const problems = new Map<string, string>()
  for (const { path, message } of parsed.error.issues) {
    // Below the variable's name stand places in a list, which nobody wrote as such.
    const name = String(path[0] ?? '')
    if (!problems.has(name)) problems.set(name, name ? `${name}: ${message}` : message)
  }
  throw new ConfigError([...problems.values()])
}

/**
 * For `superRefine`: the check runs also when single variables are wrong, so that everything is told at once. Wrong or
 * missing ones may be undefined then.
 */
export const ALSO_WHEN_WRONG = { when: () => true }

/** `true`, `1`, `yes`, `on` and their opposites, in any case; anything else is refused. */
export function flag(byDefault: boolean) {
  return z.stringbool().default(byDefault)
}

/** A whole number in plain digits; `1e3`, `0x10`, ` ` and `8080.5` are mistakes, not numbers. */
export function wholeNumber(byDefault: number, range: { least?: number; most?: number } = {}) {
  const { least = 0, most = Number.MAX_SAFE_INTEGER } = range
  const error = `must be a whole number from ${least} to ${most}`
  return z
    .string()
    .regex(/^\d{1,16}$/, { error })
    .transform(Number)
    .pipe(z.number().min(least, { error }).max(most, { error }))
    .default(byDefault)
}

/** A whole number of milliseconds, at most a day by default. */
export function milliseconds(byDefault: number, least = 1, most = 86_400_000) {
  return wholeNumber(byDefault, { least, most })
}
