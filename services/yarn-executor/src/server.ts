import { setFlagsFromString } from 'node:v8'
import { startOrExplain } from '@scheduler-task/service-base/run-service'

// Loading the modules makes much short-lived garbage. A young generation that grows with it keeps 25 MB for good, on an
// edge node a quarter of what the service takes; it has to be said before they are loaded. None of it costs start time.
setFlagsFromString('--semi-space-growth-factor=1')
setFlagsFromString('--optimize-for-size')
// The client's HTTP parser is WebAssembly. To compile it for best speed takes 30 MB at the first call, for a tenth of a
// second; the simple compiler's code reads the few headers of a ResourceManager as well.
setFlagsFromString('--liftoff-only')

await startOrExplain('yarn-executor', async () => {
  const [{ loadConfig }, { runService }, { buildApp }, { environmentWith }] = await Promise.all([
    import('@scheduler-task/service-base/load-config'),
    import('@scheduler-task/service-base/run-service'),
    import('./app.ts'),
    import('./config.ts')
  ])
  const config = loadConfig(environmentWith(), process.env)
  await runService(await buildApp(config), config)
  // From here on it grows when it has to: lists of thousands of applications would be collected all the time else, which
  // took a quarter of the time. What lives on an edge node does not make it grow. Code that runs often is worth its size:
  // a check of a config took twice as long, for 10 MB.
  setFlagsFromString('--semi-space-growth-factor=2')
  setFlagsFromString('--no-optimize-for-size')
})
