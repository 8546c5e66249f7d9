import { javaDate } from './java-date.ts'

export interface LogFrame {
  readonly containerId: string
  readonly nodeId: string
  readonly file: string
  readonly modified: number
  readonly content: Buffer
  /** First n bytes, or the last n when negative. */
  readonly size: number | undefined
  readonly running: boolean
  /** Default `LOCAL`. */
  readonly aggregation?: 'LOCAL' | 'AGGREGATED'
}

/** A log file as the NodeManager frames it (§8); `LogLength` is that of the whole file. */
export function logFrame(log: LogFrame): Buffer {
  const title = `Container: ${log.containerId} on ${log.nodeId}`
  const head = [
    title,
    `LogAggregationType: ${log.aggregation ?? 'LOCAL'}`,
    '='.repeat(title.length),
    `LogType:${log.file}`,
    `LogLastModifiedTime:${javaDate(log.modified)}`,
    `LogLength:${log.content.length}`,
    'LogContents:\n'
  ].join('\n')
  const end = `End of LogType:${log.file}`
  const tail = log.running
    ? `${end}.This log file belongs to a running container (${log.containerId}) and so may not be complete.\n`
    : `${end}.\n`
  const stars = '*'.repeat(end.length + 50)
  return Buffer.concat([
    Buffer.from(head),
    part(log.content, log.size),
    Buffer.from(`${tail}${stars}\n\n`)
  ])
}

function part(content: Buffer, size: number | undefined): Buffer {
  if (size === undefined) return content
  if (size >= 0) return content.subarray(0, size)
  return content.subarray(Math.max(0, content.length + size))
}
