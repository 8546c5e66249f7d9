const TOTALS =
  /^\s*# \{ total: (\d+)(?:, pass: (\d+))?(?:, fail: (\d+))?(?:, skip: (\d+))?(?:, todo: (\d+))? \}/

/** The sums of a run of tap, from its output. One that failed without a failed assertion (a crash, a time-out) counts one. */
export function tapTotals(code, output) {
  const line = output.split('\n').findLast((text) => TOTALS.test(text))
  if (!line) return { passed: 0, failed: 1, skipped: 0 }
  const [, , passed, failed, skipped, todo] = TOTALS.exec(line).map((text) => Number(text ?? 0))
  return { passed, failed: failed > 0 ? failed : code === 0 ? 0 : 1, skipped: skipped + todo }
}

/** `12 passed, 0 failed`, and what was skipped when something was. */
export function sumsText({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`
}
