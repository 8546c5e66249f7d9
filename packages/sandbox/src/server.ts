import { loadConfig } from './config.ts'
import { startSandbox } from './start-sandbox.ts'

// The stand-ins as a process of their own: for containers, and for services that run apart.
const sandbox = await startSandbox(loadConfig(process.env))
console.log(`stand-ins: ResourceManager at ${sandbox.yarnUrl}, Azkaban at ${sandbox.azkabanUrl}`)

let closing = false
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => {
    if (closing) process.exit(1)
    closing = true
    sandbox.close().then(
      () => process.exit(0),
      (error: unknown) => {
        console.error(error)
        process.exit(1)
      }
    )
  })
}
