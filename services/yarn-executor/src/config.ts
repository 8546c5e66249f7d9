import { totalmem } from 'node:os'
import {
  type AuthCheckOptions,
  authEnvironment,
  checkAuthConfig
} from '@scheduler-task/auth/auth-config'
import { baseEnvironment } from '@scheduler-task/service-base/base-config'
import {
  ALSO_WHEN_WRONG,
  milliseconds,
  wholeNumber
} from '@scheduler-task/service-base/load-config'
import { logServerUrlsVariable } from '@scheduler-task/yarn-client/log-server-urls-variable'
import { rmUrlsVariable } from '@scheduler-task/yarn-client/rm-urls-variable'
import { z } from 'zod'
import { type Engine, PROFILES_FOR } from './domain/launching.ts'

const GIB = 1024 ** 3

const profileOf = (engine: Engine) => {
  const profiles = PROFILES_FOR[engine]
  const error = `is no launcher profile for ${engine}; there is ${profiles.join(', ')}`
  return z.enum(profiles, { error }).default('waterdrop-2')
}

/** Passed on to launchers as it is. */
const passedOn = (meaning: string) => z.string().optional().describe(meaning)

/** Problems never show the value: there is a password in it. */
const postgresUrl = z.string().superRefine((text, context) => {
  const problem = postgresUrlProblem(text)
  if (problem) context.addIssue({ code: 'custom', message: problem })
})

function postgresUrlProblem(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url || !['postgres:', 'postgresql:'].includes(url.protocol)) {
    return 'is not a URL as in postgres://user:password@db.example:5432/scheduler (`%23` for a # in the password)'
  }
  if (url.hostname === '') return 'names no host'
  if (url.pathname.length < 2) return 'names no database, as in postgres://db.example/scheduler'
  return undefined
}

const variables = z.object({
  ...baseEnvironment(8082),
  ...authEnvironment,
  YARN_RM_URL: rmUrlsVariable.describe('The ResourceManager’s web address, several by comma'),
  YARN_USER: z
    .string()
    .regex(/^[A-Za-z0-9_][A-Za-z0-9._@-]{0,99}$/, { error: 'is not a user name' })
    .optional()
    .describe('In whose name applications are started and killed; the user that runs the service'),
  FILE_ROOT: z
    .string({ error: 'missing: the directory with the config files, the file service’s tree' })
    .describe('Root of the config files, the same tree that the file service serves'),
  DATA_DIR: z
    .string()
    .default('./data')
    .describe('Holds `executor.sqlite` and a directory for each launch; one process at a time'),
  DATABASE_URL: postgresUrl
    .optional()
    .describe(
      'PostgreSQL (12 or newer) to keep the jobs in, in place of `executor.sqlite`; several executors may share it'
    ),
  DATABASE_CONNECTIONS: wholeNumber(10, { least: 1, most: 100 }).describe(
    'Connections to DATABASE_URL at most'
  ),
  HOST_ID: z
    .string()
    .regex(/^[A-Za-z0-9_.:-]{1,100}$/, { error: 'has letters, digits and _ . : - only' })
    .optional()
    .describe(
      'With DATABASE_URL: executors with one id see each other’s processes; made of machine, boot and PID namespace'
    ),
  INSTANCE_URL: z
    .url({ protocol: /^https?$/, error: 'is not a URL as in http://edge1.example:8082' })
    .optional()
    .describe(
      'With DATABASE_URL: where the other executors reach this one, to read the logs of jobs that it has launched'
    ),
  LOG_MAX_BYTES_PER_JOB: wholeNumber(64 * 1024 * 1024, {
    least: 1024 * 1024,
    most: 1024 ** 4
  }).describe(
    'Disk for the log of one job below DATA_DIR; of a longer one the beginning and the end are kept'
  ),
  SPARK_LAUNCHER: profileOf('spark').describe(
    'How Spark jobs are launched that ask for nothing else'
  ),
  FLINK_LAUNCHER: profileOf('flink').describe(
    'How Flink jobs are launched that ask for nothing else'
  ),
  WATERDROP_HOME: z
    .string()
    .optional()
    .describe(
      'Where Waterdrop is installed; needed for `waterdrop-2`, and for `waterdrop-1` without WATERDROP_1_HOME'
    ),
  WATERDROP_1_HOME: z
    .string()
    .optional()
    .describe('Where Waterdrop 1.x is installed, when WATERDROP_HOME names another generation'),
  SEATUNNEL_HOME: passedOn(
    'Where SeaTunnel is installed; needed for `seatunnel-2.3` and `seatunnel-2.3-direct`'
  ),
  SPARK_HOME: passedOn(
    'For the launchers: where Spark is installed; needed for `spark-submit` and, with Spark, `seatunnel-2.3-direct`'
  ),
  SPARK_CONF_DIR: passedOn('For the launchers: directory with spark-defaults.conf'),
  PYSPARK_PYTHON: passedOn('For the launchers: the Python of Spark jobs'),
  FLINK_HOME: passedOn(
    'For the launchers: where Flink is installed; needed for `flink` and, with Flink, `seatunnel-2.3-direct`'
  ),
  FLINK_CONF_DIR: passedOn('For the launchers: directory of Flink’s configuration'),
  HADOOP_CONF_DIR: passedOn('For the launchers: directory with yarn-site.xml'),
  HADOOP_CLASSPATH: passedOn('For the launchers: Hadoop’s classes, which Flink needs'),
  JAVA_HOME: passedOn('For the launchers: where Java is installed'),
  'LAUNCHER_ENV_*': z
    .record(z.string(), z.string())
    .default({})
    .describe('Any other variable for the launchers: passed on without the prefix `LAUNCHER_ENV_`'),
  EXTRA_PLUGINS: z
    .string()
    .default('')
    .transform((names) => names.split(/[\s,]+/).filter((name) => name !== ''))
    .describe(
      'Plugins of your own, by comma: the check of configs takes them as known, whatever their options'
    ),
  START_TIMEOUT_MS: milliseconds(120_000, 100).describe(
    'How long a start may take until the ResourceManager has accepted, waiting in the queue included'
  ),
  STOP_TIMEOUT_MS: milliseconds(60_000, 100).describe(
    'How long a caller waits for the proof of a stop; the stop itself goes on'
  ),
  KILL_GRACE_MS: milliseconds(10_000).describe('Between SIGTERM and SIGKILL to a launcher'),
  SUBMIT_HORIZON_MS: milliseconds(15_000).describe(
    'How long a request that was sent before a crash may take to show up at the ResourceManager'
  ),
  POLL_INTERVAL_MS: milliseconds(5000, 50).describe('Between two looks at all applications'),
  LOOK_UP_INTERVAL_MS: milliseconds(1000, 20).describe(
    'Between two looks at an application that is being launched'
  ),
  YARN_LOG_SERVER_URL: logServerUrlsVariable.describe(
    'JobHistoryServer or Timeline server with the logs of ended applications, as in http://jhs.example:19888, several by comma; needed where log aggregation is on'
  ),
  CONTAINER_LOG_INTERVAL_MS: milliseconds(30_000, 100).describe(
    'Between two looks at the container logs of a running job that nobody follows; one that is followed: a second'
  ),
  OUTCOME_LOG_WAIT_MS: milliseconds(120_000).describe(
    'How long after its end the log of a driver is waited for where only that tells how the job went (Waterdrop in cluster mode)'
  ),
  MAX_LAUNCHERS: wholeNumber(2, { least: 1, most: 1000 }).describe(
    'Launchers at once until the ResourceManager has accepted'
  ),
  MAX_DRIVERS: wholeNumber(0, { most: 10_000 })
    .transform((given) => (given === 0 ? driversByMemory(memoryBytes()) : given))
    .describe(
      'Spark drivers of client mode on this host at once; 0: one for each GiB beyond the first two'
    ),
  RETENTION_DAYS: wholeNumber(30, { most: 36_500 }).describe(
    'How long jobs that are over are kept, with their events, keys, configs and launcher output; 0: for good'
  ),
  MAX_WATCHERS: wholeNumber(2000, { least: 1, most: 100_000 }).describe(
    'Streams of events at once; more are answered 503'
  ),
  MAX_QUEUED: wholeNumber(1000, { most: 1_000_000 }).describe(
    'Submissions that may wait for a launcher; more are answered 503'
  )
})

/**
 * The executor's environment. With `sessionsElsewhere` REDIS_URL may be missing: the sessions come as a replacement.
 */
export function environmentWith(options: AuthCheckOptions = {}) {
  return z.preprocess(
    gatherLauncherVariables,
    variables.superRefine(checkAuthConfig(options), ALSO_WHEN_WRONG)
  )
}

/** The variables one by one, for the documentation. */
export const environment = variables

export type Config = Readonly<z.output<typeof variables>>

/** Where the launchers' own variables come from: the prefix, and what every process needs. */
const FOR_LAUNCHERS = /^(LAUNCHER_ENV_.+|PATH|HOME|USER)$/

function gatherLauncherVariables(given: unknown): unknown {
  if (typeof given !== 'object' || given === null) return given
  const own = Object.entries(given).filter(([name]) => FOR_LAUNCHERS.test(name))
  return { ...given, 'LAUNCHER_ENV_*': Object.fromEntries(own) }
}

/** One driver for each GiB beyond the first two, at least one. */
export function driversByMemory(bytes: number): number {
  return Math.max(1, Math.floor(bytes / GIB) - 2)
}

/** What this process may use: a container's limit counts. */
function memoryBytes(): number {
  const limit = process.constrainedMemory()
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem()
}
