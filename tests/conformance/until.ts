const UNTIL_LIMIT_MS = 30_000

/** Waits until `condition` holds. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + UNTIL_LIMIT_MS
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`did not come true: ${condition}`)
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
}
