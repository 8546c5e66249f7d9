import { setFlagsFromString } from 'node:v8'
import { startOrExplain } from '@scheduler-task/service-base/run-service'

// Loading the modules makes much short-lived garbage. A young generation that grows with it keeps 25 MB for good, on an
// edge node a quarter of what the service takes; it has to be said before they are loaded. Neither costs start time.
setFlagsFromString('--semi-space-growth-factor=1')
setFlagsFromString('--optimize-for-size')

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
  // took a quarter of the time. What lives on an edge node does not make it grow.
  setFlagsFromString('--semi-space-growth-factor=2')
})
