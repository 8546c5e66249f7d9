import { resolve } from 'node:path'
import { authPlugin } from '@scheduler-task/auth/auth-plugin'
import type { ChangeRecorder } from '@scheduler-task/auth/record-change'
import type { SessionLookup } from '@scheduler-task/auth/session-lookup'
import { type App, createApp } from '@scheduler-task/service-base/create-app'
import { packageVersion } from '@scheduler-task/service-base/package-version'
import type { FastifyBaseLogger } from 'fastify'
import { createDiskStorage } from './adapters/disk-storage.ts'
import { prepareRoot } from './adapters/prepare-root.ts'
import type { Config } from './config.ts'
import type { FileStorage } from './domain/file-storage.ts'
import { type Housekeeping, startHousekeeping } from './domain/housekeeping.ts'
import { fileRoutes } from './http/file-routes.ts'

const DAY_MS = 24 * 60 * 60 * 1000

/** What tests and all-in-one put in place of what the configuration would make. */
export type Replacements = {
  storage?: FileStorage
  sessions?: SessionLookup
  logger?: FastifyBaseLogger
  recordChange?: ChangeRecorder
}

/**
 * The file service; it does not listen.
 * @throws ConfigError when FILE_ROOT cannot be used
 */
export async function buildApp(config: Config, replacements: Replacements = {}): Promise<App> {
  const { storage = await openStorage(config), logger, ...auth } = replacements
  const app: App = await createApp({
    service: {
      name: 'file-service',
      version: packageVersion(import.meta.url),
      title: 'scheduler-task files'
    },
    // Node counts the whole request, body included: uploads have a limit of their own.
    config: {
      ...config,
      REQUEST_TIMEOUT_MS: Math.max(config.REQUEST_TIMEOUT_MS, 2 * config.UPLOAD_TIMEOUT_MS)
    },
    checks: {
      files: () => storage.check(),
      ...(config.AUTH_MODE === 'session' ? { sessions: async () => app.sessions?.ping() } : {})
    },
    ...(logger ? { logger } : {})
  })
  keepTidy(app, storage, config)

  await app.register(authPlugin, { config, ...auth })
  await app.register(async (secured) => {
    secured.addHook('onRequest', secured.authenticate)
    await secured.register(fileRoutes, {
      storage,
      maxUploadBytes: config.MAX_UPLOAD_BYTES,
      uploadTimeoutMs: config.UPLOAD_TIMEOUT_MS,
      idleMs: config.IDLE_TIMEOUT_MS
    })
  })
  return app
}

async function openStorage(config: Config): Promise<FileStorage> {
  const root = resolve(config.FILE_ROOT)
  await prepareRoot(root)
  return createDiskStorage({
    root,
    trashMs: config.TRASH_DAYS * DAY_MS,
    staleUploadMs: 2 * config.UPLOAD_TIMEOUT_MS
  })
}

/** From the moment that the app is ready until it is closed. */
function keepTidy(app: App, storage: FileStorage, config: Config): void {
  let housekeeping: Housekeeping | undefined
  app.addHook('onReady', async () => {
    housekeeping = startHousekeeping({
      storage,
      everyMs: config.CLEANUP_INTERVAL_MS,
      report: ({ trashRemoved, uploadsRemoved, failures }) => {
        if (trashRemoved + uploadsRemoved > 0) {
          app.log.info({ trashRemoved, uploadsRemoved }, 'cleaned up')
        }
        for (const err of failures) app.log.warn({ err }, 'something could not be cleaned up')
      }
    })
  })
  app.addHook('onClose', async () => housekeeping?.stop())
}
