type Nothing = undefined | null | false | ''

const NOTHING: readonly unknown[] = [undefined, null, false, ''] satisfies Nothing[]

type Check<T> = () => T | Nothing | Promise<T | Nothing>

const LOOK_EVERY_MS = 10
/** Long enough for a machine that does ten other things; what takes that long is not going to happen. */
const LIMIT_MS = 60_000

/**
 * Waits until `check` answers something (not undefined, null, false or an empty text), and answers that.
 * @throws Error after a minute that names `what`, or shows the check
 */
export async function until<T>(
  ...given: [what: string, check: Check<T>] | [check: Check<T>]
): Promise<T> {
  const [what, check] = given.length === 2 ? given : [String(given[0]), given[0]]
  return await untilWithin(LIMIT_MS, what, check)
}

/** The same with another limit. */
export async function untilWithin<T>(limitMs: number, what: string, check: Check<T>): Promise<T> {
  const endsAt = performance.now() + limitMs
  for (;;) {
    const found = await check()
    if (!NOTHING.includes(found)) return found as T
    if (performance.now() > endsAt) throw new Error(`waited ${limitMs} ms in vain until: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
  }
}
