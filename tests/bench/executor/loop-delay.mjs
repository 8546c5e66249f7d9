// Loaded into the executor with `node --import`, to measure it from inside: it is not part of the product.
import { monitorEventLoopDelay, performance } from 'node:perf_hooks'

const RESOLUTION_MS = 5
const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
delays.enable()
let began = performance.now()
let used = process.cpuUsage()

const handlers = {
  reset: () => {
    delays.reset()
    began = performance.now()
    used = process.cpuUsage()
  },
  // Each sample holds the resolution itself.
  read: () => {
    const ms = (nanoseconds) => Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS)
    const { user, system } = process.cpuUsage(used)
    return {
      p50: ms(delays.percentile(50)),
      p99: ms(delays.percentile(99)),
      p999: ms(delays.percentile(99.9)),
      max: ms(delays.max),
      cpuShare: (user + system) / 1000 / (performance.now() - began)
    }
  }
}

process.on('message', ({ id, name }) => {
  process.send?.({ id, value: handlers[name]?.() })
})
// A process that waits for nothing else may end.
process.channel?.unref()
