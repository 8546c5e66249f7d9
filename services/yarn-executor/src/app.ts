import { setMaxListeners } from 'node:events'
import { userInfo } from 'node:os'
import { resolve } from 'node:path'
import { authPlugin } from '@scheduler-task/auth/auth-plugin'
import type { ChangeRecorder } from '@scheduler-task/auth/record-change'
import type { SessionLookup } from '@scheduler-task/auth/session-lookup'
import { type App, createApp } from '@scheduler-task/service-base/create-app'
import { createLogger } from '@scheduler-task/service-base/logger'
import { packageVersion } from '@scheduler-task/service-base/package-version'
import { createFlinkJobs } from '@scheduler-task/yarn-client/flink-jobs'
import { createLiveApplications } from '@scheduler-task/yarn-client/live-applications'
import { createLogServers } from '@scheduler-task/yarn-client/log-servers'
import { createNodeManagerLogs } from '@scheduler-task/yarn-client/node-manager-logs'
import {
  createResourceManager,
  type ResourceManager
} from '@scheduler-task/yarn-client/resource-manager'
import { shareReads } from '@scheduler-task/yarn-client/shared-reads'
import type { FastifyBaseLogger } from 'fastify'
import { createAttemptRemoval } from './adapters/attempt-removal.ts'
import { createFileRootConfigFiles } from './adapters/file-root-config-files.ts'
import type { Config } from './config.ts'
import { attemptsRoot, configuredLaunching } from './configured-launching.ts'
import { createLogging } from './configured-logs.ts'
import { type ConfiguredStore, configuredStore } from './configured-store.ts'
import { createBackgroundWork } from './domain/background-work.ts'
import { createJobCheck } from './domain/check-job.ts'
import { createAmContainers } from './domain/container-logs/am-containers.ts'
import { createCollector } from './domain/container-logs/collector.ts'
import { createDriverOutput } from './domain/container-logs/driver-output.ts'
import { withPatience } from './domain/container-logs/node-patience.ts'
import { createDiagnoses } from './domain/diagnosis/diagnoses.ts'
import { excerptsOfLauncher, excerptsOfSpools, firstOf } from './domain/diagnosis/log-excerpts.ts'
import { createDrain } from './domain/drain.ts'
import { createEventFeed } from './domain/event-feed.ts'
import { createJobRunner, type JobRunner } from './domain/job-runner.ts'
import { createJobSecrets } from './domain/job-secrets.ts'
import type { JobStore } from './domain/job-store.ts'
import { createLaunchQueue, type QueueLimits } from './domain/launch-queue.ts'
import { createRequestMaking } from './domain/launch-request.ts'
import type { Launching } from './domain/launching.ts'
import { createOutcomes } from './domain/outcomes.ts'
import { ALL_IS_MINE } from './domain/ownership.ts'
import type { Limits, Parts } from './domain/parts.ts'
import { createRetention } from './domain/retention.ts'
import { shuttingDown } from './errors.ts'
import { createRmReads } from './http/rm-reads.ts'
import { toldOfStore } from './http/store-errors.ts'
import { v1Routes } from './http/v1-routes.ts'
import { applicationRoutes } from './http/v2/application-routes.ts'
import { checkRoutes } from './http/v2/check-routes.ts'
import { diagnosisRoutes } from './http/v2/diagnosis-routes.ts'
import { eventRoutes } from './http/v2/event-routes.ts'
import { jobRoutes } from './http/v2/job-routes.ts'
import { logRoutes } from './http/v2/log-routes.ts'
import { profileRoutes } from './http/v2/profile-routes.ts'

/** What tests and all-in-one put in place of what the configuration would make. */
export type Replacements = {
  store?: JobStore
  launching?: Launching
  resourceManager?: ResourceManager
  sessions?: SessionLookup
  logger?: FastifyBaseLogger
  recordChange?: ChangeRecorder
}

/** NodeManagers are often out of reach of an edge node: that is to cost little. */
const LOG_LIMITS = { connectTimeoutMs: 3000, timeoutMs: 15_000 }
const COLLECTING = { followedMs: 1000, patienceMs: 600_000 }
const NAME = 'yarn-executor'
/** Heartbeats come sooner than what proxies take for a dead connection. */
const STREAM_TIMES = { heartbeatMs: 15_000, stuckMs: 30_000, sessionCheckMs: 800 }

/**
 * The executor; it does not listen. What a former process left is taken up when it is ready.
 * @throws ConfigError when DATA_DIR, the database or the launchers cannot be used
 */
export async function buildApp(config: Config, replacements: Replacements = {}): Promise<App> {
  const log = replacements.logger ?? createLogger({ name: NAME, level: config.LOG_LEVEL })
  const ownLaunching = replacements.launching ?? (await configuredLaunching(config))
  const { store, instances, hosts }: ConfiguredStore = replacements.store
    ? { store: replacements.store }
    : await configuredStore(config)
  const rm = replacements.resourceManager ?? createResourceManager(addressOf(config))
  const live = createLiveApplications(rm)
  const names = createLiveApplications(rm, { maxAgeMs: 0 })
  const reads = shareReads(rm)
  const drain = createDrain()
  const logging = createLogging({ config, store, hosts, launching: ownLaunching, log })
  const launching = logging.feedingLaunching
  const freshParts = (): Parts => ({
    store,
    rm,
    live,
    names,
    launching,
    queue: createLaunchQueue(queueLimitsOf(config)),
    background: createBackgroundWork(log),
    ownership: ALL_IS_MINE,
    limits: limitsOf(config),
    log
  })
  const parts = freshParts()
  const flinkJobs = createFlinkJobs(addressOf(config))
  const logSources = {
    nodeManagers: withPatience(createNodeManagerLogs({ ...userOf(config), ...LOG_LIMITS })),
    logServers: createLogServers({
      urls: config.YARN_LOG_SERVER_URL,
      ...userOf(config),
      ...LOG_LIMITS
    })
  }
  const secretsOf = createJobSecrets(store, config['LAUNCHER_ENV_*'])
  const configFiles = createFileRootConfigFiles(resolve(config.FILE_ROOT))
  const installationId = await store.installationId()
  const options = { configFiles, installationId, drain }
  const createRunner = (given: Parts): JobRunner => {
    const amContainers = createAmContainers(given)
    const driverOutput = createDriverOutput(given, amContainers, { ...logSources, secretsOf })
    const outcomes = createOutcomes(given, { jobsOfEngine: flinkJobs.statesOf, driverOutput })
    const { seen } = amContainers
    const collector = createCollector(given, amContainers, {
      feeds: logging.feeds,
      sources: logSources,
      secretsOf,
      limits: { ...COLLECTING, seldomMs: config.CONTAINER_LOG_INTERVAL_MS }
    })
    const runner = createJobRunner({ ...given, store: outcomes.store }, { ...options, seen })
    const watch = () => {
      runner.watch()
      outcomes.catchUp()
      collector.start()
    }
    return { ...runner, watch }
  }
  const shared = instances
    ? (await import('./domain/shared-runner.ts')).createSharedRunner({
        instances: instances(launching),
        createRunner: (own) => createRunner({ ...freshParts(), ...own }),
        store,
        log
      })
    : undefined
  const jobs = shared ?? createRunner(parts)

  const app = await createApp({
    service: {
      name: NAME,
      version: packageVersion(import.meta.url),
      title: 'scheduler-task executor'
    },
    config,
    logger: log,
    checks: {
      'resource-manager': async (signal) => void (await reads.info(signal)),
      store: () => store.ping(),
      ...(shared && { lease: async () => shared.requireLease() }),
      ...(config.AUTH_MODE === 'session' ? { sessions: async () => app.sessions?.ping() } : {})
    }
  })
  const directories = await createAttemptRemoval(attemptsRoot(config), launching)
  const retention = createRetention(parts, directories, config.RETENTION_DAYS, logging.spools)
  app.addHook('onReady', async () => {
    await jobs.recover()
    jobs.watch()
    retention.start()
    logging.start()
  })
  const ending = new AbortController()
  setMaxListeners(0, ending.signal)
  app.addHook('preClose', async () => {
    ending.abort()
    drain.begin(timeToWaitMs(config.SHUTDOWN_TIMEOUT_MS))
    jobs.closeQueue()
  })
  app.addHook('onClose', async () => {
    drain.end()
    await jobs.close()
    await logging.close()
    await parts.background.close()
    await flinkJobs.close()
    await logSources.nodeManagers.close()
    await logSources.logServers.close()
    await rm.close()
    await store.close()
  })

  const { sessions, recordChange } = replacements
  await app.register(authPlugin, {
    config,
    ...(sessions && { sessions }),
    ...(recordChange && { recordChange })
  })
  await app.register(async (secured) => {
    secured.addHook('onRequest', secured.authenticate)
    secured.setErrorHandler((error, request) => {
      throw toldOfStore(error, request)
    })
    await secured.register(v1Routes, {
      jobs,
      reads: createRmReads(reads, live),
      untilEnd: (answer) => drain.untilOver(answer, shuttingDown)
    })
    const { applications } = jobs
    await secured.register(eventRoutes, {
      prefix: '/executor/v2',
      events: createEventFeed(parts),
      ends: ending.signal,
      maxWatchers: config.MAX_WATCHERS,
      ...STREAM_TIMES
    })
    await secured.register(logRoutes, {
      prefix: '/executor/v2',
      ...logging,
      ends: ending.signal,
      maxWatchers: config.MAX_WATCHERS,
      ...STREAM_TIMES
    })
    await secured.register(applicationRoutes, { prefix: '/executor/v2', applications })
    await secured.register(profileRoutes, { prefix: '/executor/v2', launching })
    const makeRequest = createRequestMaking(launching, configFiles, installationId)
    const check = createJobCheck(parts, makeRequest)
    await secured.register(checkRoutes, { prefix: '/executor/v2', check })
    await secured.register(jobRoutes, {
      prefix: '/executor/v2',
      jobs: jobs.submissions,
      secretsOf
    })
    const excerpts = firstOf(excerptsOfSpools(logging.spools), excerptsOfLauncher(launching))
    const diagnoses = createDiagnoses({
      submissions: jobs.submissions,
      secretsOf,
      rm: reads,
      excerpts,
      placeOf: logging.logs.placeOf,
      log
    })
    await secured.register(diagnosisRoutes, { prefix: '/executor/v2', diagnoses, ...logging })
  })
  return app
}

function addressOf(config: Config) {
  return { urls: config.YARN_RM_URL, ...userOf(config) }
}

function userOf({ YARN_USER }: Config) {
  return { user: YARN_USER ?? userInfo().username }
}

/** What is answered at the end of the drain has to be out before the connections are closed. */
function timeToWaitMs(shutdownTimeoutMs: number): number {
  return shutdownTimeoutMs - Math.min(1000, shutdownTimeoutMs / 5)
}

function queueLimitsOf(config: Config): QueueLimits {
  return {
    maxLaunchers: config.MAX_LAUNCHERS,
    maxDrivers: config.MAX_DRIVERS,
    maxQueued: config.MAX_QUEUED
  }
}

function limitsOf(config: Config): Limits {
  return {
    startTimeoutMs: config.START_TIMEOUT_MS,
    stopTimeoutMs: config.STOP_TIMEOUT_MS,
    killGraceMs: config.KILL_GRACE_MS,
    submitHorizonMs: config.SUBMIT_HORIZON_MS,
    pollIntervalMs: config.POLL_INTERVAL_MS,
    lookUpIntervalMs: config.LOOK_UP_INTERVAL_MS,
    driverLogMs: config.OUTCOME_LOG_WAIT_MS
  }
}
