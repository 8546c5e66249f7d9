import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildApp as buildFileService } from '@scheduler-task/file-service/app'
import { environmentWith as fileServiceEnvironment } from '@scheduler-task/file-service/config'
import { openEmbeddedState } from '@scheduler-task/gateway/adapters/embedded-state'
import { type OpenedUsers, openUsers } from '@scheduler-task/gateway/adapters/user-file'
import { buildApp as buildGateway } from '@scheduler-task/gateway/app'
import { environment as gatewayEnvironment } from '@scheduler-task/gateway/config'
import type { App } from '@scheduler-task/service-base/create-app'
import { loadConfig } from '@scheduler-task/service-base/load-config'
import { createLogger } from '@scheduler-task/service-base/logger'
import { buildApp as buildExecutor } from '@scheduler-task/yarn-executor/app'
import { environmentWith as executorEnvironment } from '@scheduler-task/yarn-executor/config'
import { configuredLaunching } from '@scheduler-task/yarn-executor/configured-launching'
import type { Launching } from '@scheduler-task/yarn-executor/domain/launching'
import type { Config } from './config.ts'

type Variables = Readonly<Record<string, string | undefined>>

export type Services = {
  gateway: App
  users: OpenedUsers
  /** Absent where no executor runs. */
  launching: Launching | undefined
  close(): Promise<void>
}

/** Where things lie below DATA_DIR. */
export function places(dataDir: string, config: Config) {
  return {
    files: config.FILE_ROOT ?? join(dataDir, 'files'),
    executor: join(dataDir, 'executor'),
    gateway: join(dataDir, 'gateway'),
    sandbox: join(dataDir, 'sandbox')
  }
}

/**
 * Builds the gateway and the services that can run, joined by Unix sockets in a private directory. The gateway is not
 * listening yet.
 * @param variables what the services read: the process's environment with the sandbox's on top
 */
export async function startServices(
  config: Config,
  dataDir: string,
  variables: Variables
): Promise<Services> {
  const at = places(dataDir, config)
  const closers: (() => Promise<unknown>)[] = []
  const close = async () => {
    // The door first, then what is behind it.
    for (const end of closers.reverse()) await end()
  }
  try {
    const sockets = await mkdtemp(join(tmpdir(), 'scheduler-task-'))
    closers.push(() => rm(sockets, { recursive: true, force: true }))
    const state = await openEmbeddedState(at.gateway)
    const users = await openUsers(at.gateway, config.ADMIN_PASSWORD)
    const shared: Variables = {
      ...variables,
      JWT_SECRET: variables.JWT_SECRET ?? state.secret,
      FILE_ROOT: at.files,
      AUTH_MODE: 'session'
    }
    const elsewhere = { sessionsElsewhere: !variables.REDIS_URL }
    const sessions = variables.REDIS_URL ? {} : { sessions: state.sessions }
    const logger = (name: string) => createLogger({ name, level: config.LOG_LEVEL })

    const urls: Record<string, string> = {}
    const run = async (variable: string, name: string, app: App) => {
      closers.push(async () => app.close())
      const path = join(sockets, `${name}.sock`)
      await app.listen({ path })
      urls[variable] = `unix:${path}`
    }

    const fileConfig = loadConfig(fileServiceEnvironment(elsewhere), shared)
    await run(
      'FILE_SERVICE_URL',
      'file-service',
      await buildFileService(fileConfig, { ...sessions, logger: logger('file-service') })
    )
    let launching: Launching | undefined
    if (shared.YARN_RM_URL) {
      const executorConfig = loadConfig(executorEnvironment(elsewhere), {
        ...shared,
        DATA_DIR: at.executor
      })
      launching = await configuredLaunching(executorConfig)
      await run(
        'EXECUTOR_URL',
        'yarn-executor',
        await buildExecutor(executorConfig, {
          ...sessions,
          launching,
          logger: logger('yarn-executor')
        })
      )
    }
    const gateway = await buildGateway(
      loadConfig(gatewayEnvironment, { ...shared, ...urls, DATA_DIR: at.gateway }),
      {
        users,
        secret: state.secret,
        ...sessions,
        logger: logger('gateway'),
        missing: { EXECUTOR_URL: 'YARN_RM_URL', AZKABAN_PROXY_URL: 'AZKABAN_URL' }
      }
    )
    closers.push(async () => gateway.close())
    return { gateway, users, launching, close }
  } catch (error) {
    await close()
    throw error
  }
}
