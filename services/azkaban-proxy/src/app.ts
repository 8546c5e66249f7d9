import { userInfo } from 'node:os'
import { authPlugin } from '@scheduler-task/auth/auth-plugin'
import type { ChangeRecorder } from '@scheduler-task/auth/record-change'
import type { SessionLookup } from '@scheduler-task/auth/session-lookup'
import { MAX_LOG_BYTES } from '@scheduler-task/contracts/azkaban'
import { type App, createApp } from '@scheduler-task/service-base/create-app'
import { createLogger } from '@scheduler-task/service-base/logger'
import { packageVersion } from '@scheduler-task/service-base/package-version'
import {
  createResourceManager,
  type ResourceManager
} from '@scheduler-task/yarn-client/resource-manager'
import type { FastifyBaseLogger } from 'fastify'
import { createAzkabanClient } from './adapters/azkaban-client.ts'
import { createAzkabanConnection } from './adapters/azkaban-connection.ts'
import { readCertificates } from './adapters/read-certificates.ts'
import type { Config } from './config.ts'
import type { Azkaban } from './domain/azkaban.ts'
import { createExecutions } from './domain/executions.ts'
import { createReachable } from './domain/reachable.ts'
import { azkabanRoutes } from './http/azkaban-routes.ts'
import { createLargeAnswers } from './http/large-answers.ts'
import { createTellFailures } from './http/tell-failures.ts'

/** What tests and all-in-one put in place of what the configuration would make. */
export type Replacements = {
  azkaban?: Azkaban
  resourceManager?: ResourceManager
  sessions?: SessionLookup
  logger?: FastifyBaseLogger
  recordChange?: ChangeRecorder
}

const NAME = 'azkaban-proxy'
/** One of the largest pieces of a log at a time: it takes up to 300 MB on its way. */
const LARGE_ANSWERS_BYTES = MAX_LOG_BYTES
const READ_LIMIT_MS = 120_000

/**
 * The proxy; it does not listen.
 * @throws ConfigError when AZKABAN_CA_FILE cannot be used
 */
export async function buildApp(config: Config, replacements: Replacements = {}): Promise<App> {
  const log = replacements.logger ?? createLogger({ name: NAME, level: config.LOG_LEVEL })
  const azkaban = replacements.azkaban ?? (await connectAzkaban(config))
  const rm = replacements.resourceManager ?? connectResourceManager(config)
  const executions = createExecutions({ rm, stopTimeoutMs: config.STOP_TIMEOUT_MS, log })
  const searchLimitMs = config.APPLICATION_ID_TIMEOUT_MS
  const tell = createTellFailures({ redact: config.REDACT_UPSTREAM_ERRORS, searchLimitMs })

  const app: App = await createApp({
    service: {
      name: NAME,
      version: packageVersion(import.meta.url),
      title: 'scheduler-task Azkaban proxy'
    },
    config,
    logger: log,
    checks: {
      azkaban: createReachable((signal) => azkaban.ping(signal)),
      ...(rm && {
        'resource-manager': createReachable(async (signal) => void (await rm.info(signal)))
      }),
      ...(config.AUTH_MODE === 'session' ? { sessions: async () => app.sessions?.ping() } : {})
    }
  })
  if (config.AZKABAN_TLS_INSECURE) {
    app.log.warn(
      'AZKABAN_TLS_INSECURE: Azkaban’s certificate is not checked, anybody in between can read passwords'
    )
  }
  endWith(app, config, executions)
  app.addHook('onClose', async () => {
    await executions.close()
    await azkaban.close()
    await rm?.close()
  })

  const { sessions, recordChange } = replacements
  await app.register(authPlugin, {
    config,
    ...(sessions && { sessions }),
    ...(recordChange && { recordChange })
  })
  await app.register(async (secured) => {
    secured.addHook('onRequest', secured.authenticate)
    await secured.register(azkabanRoutes, {
      azkaban,
      executions,
      tell,
      searchLimitMs,
      largeAnswers: createLargeAnswers({
        totalBytes: LARGE_ANSWERS_BYTES,
        waitMs: config.AZKABAN_WAIT_MS,
        readMs: config.AZKABAN_TIMEOUT_MS + READ_LIMIT_MS
      })
    })
  })
  return app
}

/** Who still waits when the time for it is nearly over is told so, before the connections are cut. */
function endWith(app: App, config: Config, executions: { close: () => Promise<void> }): void {
  const waitMs = config.SHUTDOWN_TIMEOUT_MS - Math.min(1000, config.SHUTDOWN_TIMEOUT_MS / 5)
  let timer: NodeJS.Timeout | undefined
  app.addHook('preClose', async () => {
    timer = setTimeout(() => void executions.close(), waitMs)
  })
  app.addHook('onClose', async () => clearTimeout(timer))
}

async function connectAzkaban(config: Config): Promise<Azkaban> {
  const ca = config.AZKABAN_CA_FILE && (await readCertificates(config.AZKABAN_CA_FILE))
  const connection = createAzkabanConnection({
    base: config.AZKABAN_URL,
    maxWaiting: config.AZKABAN_MAX_WAITING,
    insecure: config.AZKABAN_TLS_INSECURE,
    ...(ca && { ca })
  })
  return createAzkabanClient({
    connection,
    waitMs: config.AZKABAN_WAIT_MS,
    timeoutMs: config.AZKABAN_TIMEOUT_MS,
    cancelTimeoutMs: config.AZKABAN_CANCEL_TIMEOUT_MS
  })
}

function connectResourceManager(config: Config): ResourceManager | undefined {
  if (!config.YARN_RM_URL) return undefined
  const user = config.YARN_USER ?? userInfo().username
  return createResourceManager({ urls: config.YARN_RM_URL, user })
}
