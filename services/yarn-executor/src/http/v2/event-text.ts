import type { PositionedEvent } from '../../domain/submission.ts'
import { timeOf } from './job-view.ts'

/** Of events that many follow; they go with the events. */
const texts = new WeakMap<PositionedEvent, string>()

/** An event as it stands in the stream: its id, and one JSON object in one line. */
export function textOf(event: PositionedEvent): string {
  const known = texts.get(event)
  if (known !== undefined) return known
  const { position, submissionId, at, who, what, detail } = event
  const data = JSON.stringify({ jobId: submissionId, at: timeOf(at), who, what, detail })
  const text = `id: ${position}\ndata: ${data}\n\n`
  texts.set(event, text)
  return text
}
