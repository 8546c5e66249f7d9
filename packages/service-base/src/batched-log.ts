import type { FastifyBaseLogger } from 'fastify'
import { type DestinationStream, pino } from 'pino'

/** Lines are kept back for this long at most, or until there are so many characters of them. */
const DELAY_MS = 100
const MOST_KEPT = 32 * 1024

/** Lines of level `info` of one kind, so many that a write for each would cost more than what they tell of. */
export type BatchedLog = {
  /** `fields`: JSON members, each with a comma before it: `,"status":200,"ms":3`. */
  info(fields: string, message: string): void
  /** False while the logger's level leaves such lines out. */
  isOn(): boolean
  /** Writes what is kept back. From then on each line is written at once. */
  close(): void
}

/** The parts of a pino logger that make a line: see `pino.symbols`. */
type PinoParts = {
  [pino.symbols.streamSym]: DestinationStream
  /** `,"pid":1,"hostname":"a","name":"b"` */
  [pino.symbols.chindingsSym]: string
  /** `,"time":1528` */
  [pino.symbols.timeSym]: () => string
  isLevelEnabled(level: string): boolean
}

/**
 * Lines that look like those of `logger` and go where those go, made without its serializers and its search for secrets
 * (a quarter of what a proxied request cost), and written together. A process that ends, by an error that nobody caught
 * too, writes what it has kept; one that is killed loses the lines of its last DELAY_MS.
 */
export function createBatchedLog(logger: FastifyBaseLogger): BatchedLog {
  const parts = logger as unknown as PinoParts
  const stream = parts[pino.symbols.streamSym]
  const bindings = parts[pino.symbols.chindingsSym]
  const time = parts[pino.symbols.timeSym]
  let kept = ''
  let timer: NodeJS.Timeout | undefined
  let closed = false

  function flush(): void {
    clearTimeout(timer)
    timer = undefined
    if (kept === '') return
    const lines = kept
    kept = ''
    stream.write(lines)
  }

  process.on('exit', flush)
  return {
    isOn: () => parts.isLevelEnabled('info'),
    info(fields, message) {
      kept += `{"level":30${time()}${bindings}${fields},"msg":"${message}"}\n`
      if (closed || kept.length > MOST_KEPT) {
        flush()
        return
      }
      // Not for its sake does the process live on: at its end they are written anyway.
      timer ??= setTimeout(flush, DELAY_MS).unref()
    },
    close() {
      closed = true
      process.removeListener('exit', flush)
      flush()
    }
  }
}
