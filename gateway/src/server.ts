import { join } from 'node:path'
import { ConfigError, loadConfig } from '@scheduler-task/service-base/load-config'
import { runService, startOrExplain } from '@scheduler-task/service-base/run-service'
import { openUsers } from './adapters/user-file.ts'
import { buildApp } from './app.ts'
import { environment } from './config.ts'

await startOrExplain('gateway', async () => {
  const config = loadConfig(environment, process.env)
  if (config.AUTH_MODE === 'off') {
    await runService(await buildApp(config), config)
    return
  }
  const users = await openUsers(config.DATA_DIR, config.ADMIN_PASSWORD).catch(asUnusable)
  const address = await runService(await buildApp(config, { users }), config)
  if (users.generatedAdminPassword !== undefined) {
    // Beside the log, which must not hold secrets.
    process.stderr.write(
      `gateway: ${address} user admin, password ${users.generatedAdminPassword} (kept in ${join(config.DATA_DIR, 'admin-password')})\n`
    )
  }
})

/** What the file system refuses is a matter of configuration. */
function asUnusable(error: Error): never {
  if ('syscall' in error) throw new ConfigError([`DATA_DIR: cannot be used: ${error.message}`])
  throw error
}
