/**
 * A line of output with its marks filled in: `{n}`, `{ms}` (epoch ms), `{log4j}` (a time as Spark's
 * log4j writes it), `{application}`.
 */
export function filled(text: string, marks: { n?: number; application?: string } = {}): string {
  if (!text.includes('{')) return text
  const now = Date.now()
  const [date = '', time = ''] = new Date(now + 8 * 3_600_000).toISOString().split('T')
  return text
    .replaceAll('{n}', String(marks.n ?? 1))
    .replaceAll('{ms}', String(now))
    .replaceAll('{log4j}', `${date.slice(2).replaceAll('-', '/')} ${time.slice(0, 8)}`)
    .replaceAll('{application}', marks.application ?? '')
}
