import { connect, type Socket } from 'node:net'
import { serveCalls } from '../child-calls.ts'

// Watchers of the stream of events, many of them, in a process of their own. Read as bytes: a thousand parsers of JSON
// would be measured else.

const AT = /"at":"([^"]+)"/g

const sockets: Socket[] = []
let connected = 0
let ended = 0
let delays: number[] = []
let perWatcher: number[] = []

export const handlers = {
  /** Resolves when all of them have got the first bytes of their stream. */
  open: async ({ url, count }: { url: string; count: number }) => {
    const { hostname, port } = new URL(url)
    for (let at = 0; at < count; at += 1) {
      await openOne(Number(port), hostname, at)
    }
    return connected
  },
  forget: () => {
    delays = []
    perWatcher = perWatcher.map(() => 0)
  },
  /** From the time that an event bears to its arrival, ms, one for each event and watcher. */
  read: () => {
    const sorted = delays.toSorted((a, b) => a - b)
    const at = (share: number) => sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? -1
    return {
      count: sorted.length,
      p50: at(0.5),
      p99: at(0.99),
      max: at(1),
      fewest: Math.min(...perWatcher),
      most: Math.max(...perWatcher),
      ended
    }
  }
}

function openOne(port: number, host: string, index: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host })
    sockets.push(socket)
    perWatcher[index] = 0
    let rest = ''
    socket.write(`GET /executor/v2/events HTTP/1.1\r\nHost: ${host}:${port}\r\n\r\n`)
    socket.setEncoding('latin1')
    socket.once('data', () => {
      connected += 1
      resolve()
    })
    socket.on('data', (text: string) => {
      const now = Date.now()
      const whole = rest + text
      const end = whole.lastIndexOf('\n') + 1
      rest = whole.slice(end)
      for (const [, time = ''] of whole.slice(0, end).matchAll(AT)) {
        delays.push(now - Date.parse(time))
        perWatcher[index] = (perWatcher[index] ?? 0) + 1
      }
    })
    socket.once('error', reject)
    socket.once('close', () => {
      ended += 1
    })
  })
}

serveCalls(handlers)
