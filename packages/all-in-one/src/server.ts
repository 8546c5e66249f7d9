import { join } from 'node:path'
import { loadConfig } from '@scheduler-task/service-base/load-config'
import { logOutput } from '@scheduler-task/service-base/log-output'
import { runService, startOrExplain } from '@scheduler-task/service-base/run-service'
import { banner } from './banner.ts'
import { environment } from './config.ts'
import { startAllInOne } from './start-all-in-one.ts'

await startOrExplain('scheduler-task', async () => {
  const config = loadConfig(environment, process.env)
  const product = await startAllInOne(config, process.env)
  const address = await runService(product, config)
  const { users, dataDir } = product
  logOutput().write(
    banner({
      address,
      password: config.ADMIN_PASSWORD ?? users.generatedAdminPassword ?? '',
      ...(config.ADMIN_PASSWORD ? {} : { passwordFile: join(dataDir, 'gateway/admin-password') }),
      systems: product.systems,
      dataDir,
      seconds: process.uptime().toFixed(1),
      megabytes: Math.round(process.memoryUsage.rss() / 2 ** 20)
    })
  )
})
