import { loadConfig } from '@scheduler-task/service-base/load-config'
import { runService, startOrExplain } from '@scheduler-task/service-base/run-service'
import { buildApp } from './app.ts'
import { environmentWith } from './config.ts'

await startOrExplain('azkaban-proxy', async () => {
  const config = loadConfig(environmentWith(), process.env)
  await runService(await buildApp(config), config)
})
