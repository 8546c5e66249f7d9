import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildApp as buildAzkabanProxy } from '@scheduler-task/azkaban-proxy/app'
import { environmentWith as azkabanProxyEnvironment } from '@scheduler-task/azkaban-proxy/config'
import { buildApp as buildFileService } from '@scheduler-task/file-service/app'
import { environmentWith as fileServiceEnvironment } from '@scheduler-task/file-service/config'
import { openEmbeddedState } from '@scheduler-task/gateway/adapters/embedded-state'
import { type OpenedUsers, openUsers } from '@scheduler-task/gateway/adapters/user-file'
import { buildApp as buildGateway } from '@scheduler-task/gateway/app'
import { environment as gatewayEnvironment } from '@scheduler-task/gateway/config'
import type { SessionStore } from '@scheduler-task/gateway/domain/session-store'
import type { App } from '@scheduler-task/service-base/create-app'
import { ConfigError, loadConfig } from '@scheduler-task/service-base/load-config'
import { createLogger } from '@scheduler-task/service-base/logger'
import { buildApp as buildExecutor } from '@scheduler-task/yarn-executor/app'
import { environmentWith as executorEnvironment } from '@scheduler-task/yarn-executor/config'
import { configuredLaunching } from '@scheduler-task/yarn-executor/configured-launching'
import type { Launching } from '@scheduler-task/yarn-executor/domain/launching'
import type { Config } from './config.ts'
import { createReleases } from './releases.ts'

type Variables = Readonly<Record<string, string | undefined>>

export type Services = {
  gateway: App
  users: OpenedUsers
  /** Absent where no executor runs. */
  launching: Launching | undefined
  /** The gateway first, then what is behind it. */
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
  const releases = createReleases()
  try {
    const sockets = await makeSocketDirectory()
    releases.add(() => rm(sockets, { recursive: true, force: true }))
    const state = await openEmbeddedState(at.gateway)
    releases.add(state.close)
    const shared: Shared = {
      logLevel: config.LOG_LEVEL,
      variables: {
        ...variables,
        JWT_SECRET: variables.JWT_SECRET || state.secret,
        FILE_ROOT: at.files,
        AUTH_MODE: 'session',
        // All of it is one process.
        WORKERS: '1'
      },
      ...(variables.REDIS_URL ? {} : { sessions: state.sessions })
    }
    const listen = async (name: string, app: App) => {
      releases.add(async () => app.close())
      const path = join(sockets, `${name}.sock`)
      await app.listen({ path })
      return `unix:${path}`
    }
    // A password's hash takes half a second of another thread: begun first, needed last.
    const opening = openUsers(at.gateway, config.ADMIN_PASSWORD)
    opening.catch(() => {})
    const fileServiceUrl = await listen('file-service', await buildFileServiceOf(shared))
    const executor = await startExecutor(shared, at.executor, listen)
    const azkabanProxy = shared.variables.AZKABAN_URL
      ? await listen('azkaban-proxy', await buildAzkabanProxyOf(shared))
      : undefined
    const users = await opening
    const gateway = await buildGatewayOf(shared, at.gateway, users, {
      FILE_SERVICE_URL: fileServiceUrl,
      EXECUTOR_URL: executor?.url,
      AZKABAN_PROXY_URL: azkabanProxy
    })
    releases.add(async () => gateway.close())
    return { gateway, users, launching: executor?.launching, close: releases.run }
  } catch (error) {
    await releases.run().catch(() => {})
    throw error
  }
}

/** The longest path that Linux takes for a socket. */
const MAX_SOCKET_PATH_BYTES = 107

async function makeSocketDirectory(): Promise<string> {
  const prefix = join(tmpdir(), 'scheduler-task-')
  const longest = join(`${prefix}XXXXXX`, 'yarn-executor.sock')
  if (Buffer.byteLength(longest) > MAX_SOCKET_PATH_BYTES) {
    throw new ConfigError([`TMPDIR: ${tmpdir()} is too long for a socket's path`])
  }
  return await mkdtemp(prefix).catch((error: Error) => {
    throw new ConfigError([`TMPDIR: ${tmpdir()} cannot be written to (${error.message})`])
  })
}

/** What all services of this process have in common. */
type Shared = {
  logLevel: string
  variables: Variables
  /** Absent where the sessions are in Redis. */
  sessions?: SessionStore
}

const loggerOf = (shared: Shared, name: string) => createLogger({ name, level: shared.logLevel })
const sessionsOf = ({ sessions }: Shared) => (sessions ? { sessions } : {})

async function buildFileServiceOf(shared: Shared): Promise<App> {
  const environment = fileServiceEnvironment({ sessionsElsewhere: Boolean(shared.sessions) })
  return buildFileService(loadConfig(environment, shared.variables), {
    ...sessionsOf(shared),
    logger: loggerOf(shared, 'file-service')
  })
}

async function buildAzkabanProxyOf(shared: Shared): Promise<App> {
  const environment = azkabanProxyEnvironment({ sessionsElsewhere: Boolean(shared.sessions) })
  return buildAzkabanProxy(loadConfig(environment, shared.variables), {
    ...sessionsOf(shared),
    logger: loggerOf(shared, 'azkaban-proxy')
  })
}

/** `undefined` without a ResourceManager: the gateway then says what is missing. */
async function startExecutor(
  shared: Shared,
  dataDir: string,
  listen: (name: string, app: App) => Promise<string>
): Promise<{ url: string; launching: Launching } | undefined> {
  if (!shared.variables.YARN_RM_URL) return undefined
  const environment = executorEnvironment({ sessionsElsewhere: Boolean(shared.sessions) })
  const config = loadConfig(environment, { ...shared.variables, DATA_DIR: dataDir })
  const launching = await configuredLaunching(config)
  const app = await buildExecutor(config, {
    ...sessionsOf(shared),
    launching,
    logger: loggerOf(shared, 'yarn-executor')
  })
  return { url: await listen('yarn-executor', app), launching }
}

async function buildGatewayOf(
  shared: Shared,
  dataDir: string,
  users: OpenedUsers,
  urls: Variables
): Promise<App> {
  const variables = { ...shared.variables, ...urls, DATA_DIR: dataDir }
  return buildGateway(loadConfig(gatewayEnvironment, variables), {
    users,
    ...(shared.variables.JWT_SECRET ? { secret: shared.variables.JWT_SECRET } : {}),
    ...sessionsOf(shared),
    logger: loggerOf(shared, 'gateway'),
    missing: { EXECUTOR_URL: 'YARN_RM_URL', AZKABAN_PROXY_URL: 'AZKABAN_URL' }
  })
}
