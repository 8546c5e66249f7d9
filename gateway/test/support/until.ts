const LIMIT_MS = 15_000

/** Resolves once the condition holds; fails when that takes too long. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const limit = Date.now() + LIMIT_MS
  while (!(await condition())) {
    if (Date.now() > limit) throw new Error(`still not true after ${LIMIT_MS} ms: ${condition}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
