import { z } from 'zod'
import { applicationId } from './application-id.ts'
import { configFile } from './executor.ts'
import { deployMode, engine, nextCursor, partLimit, time } from './executor-v2-fields.ts'
import { launchSettings, profileName } from './launch-settings.ts'
import { taskName } from './task-name.ts'

/** Of the JSON that carries it: a config of 1 MiB, each character of it escaped. */
export const MAX_JOB_BODY_BYTES = 8 * 1024 * 1024

const LONGEST_DEADLINE_MS = 7 * 24 * 60 * 60 * 1000
const SURROGATE = /\p{Surrogate}/u

const configText = z
  .string({ error: 'must be the text of a config' })
  .min(1, { error: 'must not be empty' })
  .max(1024 * 1024, { error: 'may have at most 1048576 characters' })
  .refine((text) => !SURROGATE.test(text), { error: 'holds half a character' })
  .describe('The text of the config itself, in place of configFile')

const startDeadlineMs = z
  .int({ error: 'must be a whole number of milliseconds' })
  .min(1000, { error: 'must be at least 1000' })
  .max(LONGEST_DEADLINE_MS, { error: `may be at most ${LONGEST_DEADLINE_MS}` })
  .describe(
    'From now on, in milliseconds: what the ResourceManager has not accepted by then is cancelled for good. Without it a job waits as long as it takes'
  )

/** Body of `POST /executor/v2/jobs`. */
export const submitJobBody = z
  .strictObject({
    engine,
    taskName,
    configFile: configFile
      .optional()
      .describe(
        'Path of the config below the file root; with the profiles `spark-submit` and `flink` of the program, a .jar or .py'
      ),
    config: configText.optional(),
    profile: profileName
      .optional()
      .describe('What launches it; without it what SPARK_LAUNCHER or FLINK_LAUNCHER names'),
    master: z
      .enum(['yarn', 'yarn-cluster'], { error: 'must be yarn, or yarn-cluster for Flink' })
      .optional()
      .describe(
        'yarn for Spark, yarn-cluster for Flink, which is what it means when it is missing'
      ),
    deployMode: deployMode
      .optional()
      .describe(
        'client by default. Only some profiles launch Flink jobs in one: there client is a cluster per job, cluster is application mode'
      ),
    queue: launchSettings.queue.optional(),
    variables: launchSettings.variables.optional(),
    conf: launchSettings.conf.optional(),
    args: launchSettings.args.optional(),
    mainClass: launchSettings.mainClass.optional(),
    startDeadlineMs: startDeadlineMs.optional()
  })
  .superRefine((body, context) => {
    const refuse = (path: string, message: string) =>
      context.addIssue({ code: 'custom', path: [path], message })
    if ((body.config === undefined) === (body.configFile === undefined)) {
      refuse('config', 'give either config or configFile')
    }
    const spark = body.engine === 'spark'
    if (body.master && body.master !== (spark ? 'yarn' : 'yarn-cluster')) {
      refuse('master', spark ? 'must be yarn for Spark' : 'must be yarn-cluster for Flink')
    }
  })
  .meta({
    examples: [
      {
        engine: 'spark',
        taskName: 'testSpark',
        configFile: 'application.spark.conf',
        deployMode: 'client'
      },
      {
        engine: 'spark',
        profile: 'spark-submit',
        taskName: 'daily-report',
        configFile: 'jobs/report.jar',
        deployMode: 'cluster',
        queue: 'reports',
        mainClass: 'com.example.Report',
        conf: { 'spark.executor.instances': '4' },
        args: ['--day', '2026-11-22']
      }
    ]
  })
export type SubmitJobBody = z.output<typeof submitJobBody>

/** `Idempotency-Key`: printable ASCII; the quotes that RFC drafts put around it belong to it. */
export const idempotencyKey = z
  .string({ error: 'may be sent once only' })
  .regex(/^[!-~](?:[ -~]{0,253}[!-~])?$/, {
    error: 'must be 1 to 255 printable ASCII characters'
  })
  .describe(
    'Any text of the client’s own. The same request with the same key gets the job of the first one; another request with it is refused'
  )

/** Headers of `POST /executor/v2/jobs`. */
export const submitJobHeaders = z.object({ 'idempotency-key': idempotencyKey.optional() })

/**
 * Body of `POST …/restart` and `…/rerun`; without a config the new one runs with the bytes of the old one. What is given
 * takes the whole place of what was before.
 */
export const repeatJobBody = z
  .strictObject({
    configFile: configFile.optional(),
    config: configText.optional(),
    deployMode: deployMode.optional().describe('As before when it is missing, as all that follows'),
    queue: launchSettings.queue.nullable().optional(),
    variables: launchSettings.variables.optional(),
    conf: launchSettings.conf.optional(),
    args: launchSettings.args.optional(),
    mainClass: launchSettings.mainClass.nullable().optional(),
    startDeadlineMs: startDeadlineMs.optional()
  })
  .refine(({ config, configFile }) => config === undefined || configFile === undefined, {
    path: ['config'],
    error: 'give either config or configFile'
  })
  .nullish()
  .meta({ examples: [{ configFile: 'application.spark.conf' }] })
export type RepeatJobBody = z.output<typeof repeatJobBody>

/** Body of `POST …/close`. */
export const closeJobBody = z
  .strictObject({
    text: z
      .string({ error: 'must say why' })
      .trim()
      .min(1, { error: 'must say why' })
      .max(2000, { error: 'may have at most 2000 characters' })
      .describe('Why it is over, in the words of whoever closes it')
  })
  .meta({ examples: [{ text: 'its cluster was taken down' }] })

const jobId = z
  .string()
  .regex(/^[0-9a-f]{32}$/, { error: 'must be 32 digits and letters a to f' })
  .describe('The id of a job’s submission')
  .meta({ examples: ['019ab4f2c6d0a1b2c3d4e5f60718293a'] })

export const jobParams = z.object({ id: jobId })

const STATES = [
  'ACCEPTED',
  'LAUNCHING',
  'SUBMITTED',
  'RUNNING',
  'STOPPING',
  'FINISHED',
  'FAILED',
  'KILLED',
  'REJECTED',
  'LOST'
] as const
const stateWord = z.enum(STATES, { error: `must be of ${STATES.join(', ')}` })
export const state = stateWord.describe('Where the submission is')

const givenTime = z.iso.datetime({ offset: true, error: 'must be a time as 2026-01-31T08:00:00Z' })

/** Query of `GET /executor/v2/jobs`. */
export const listJobsQuery = z.strictObject({
  state: z
    .string({ error: 'may be given once; several states by comma' })
    .transform((text) => text.split(','))
    .pipe(z.array(stateWord))
    .optional()
    .describe('One state or several, by comma'),
  engine: engine.optional(),
  owner: z.string({ error: 'may be given once' }).min(1).max(200).optional(),
  name: z
    .string({ error: 'may be given once' })
    .min(1)
    .max(200)
    .transform((text) => text.normalize('NFC'))
    .optional()
    .describe('Any part of the taskName, letter for letter'),
  acceptedFrom: givenTime.optional().describe('Accepted then or later'),
  acceptedTo: givenTime.optional().describe('Accepted before then'),
  limit: partLimit,
  cursor: z
    .string({ error: 'may be given once' })
    .max(200, { error: 'is not one that a list has answered' })
    .optional()
    .describe('`nextCursor` of the part before')
})

const operation = z
  .object({
    kind: z.enum(['start', 'stop', 'restart']),
    requestedBy: z.string().nullable(),
    requestedAt: time.nullable(),
    waitsFor: z
      .enum(['APPLICATIONS', 'PROCESSES', 'ABSENCE', 'RESOURCE_MANAGER'])
      .nullable()
      .describe(
        'What the proof of a stop waits for: final states of its applications, the end of its processes, that no application shows up any more, an answer of the ResourceManager'
      ),
    problem: z
      .string()
      .nullable()
      .describe('What keeps it from being done, when it does not just take its time')
  })
  .describe('What is being done to it')

export const outcome = z
  .enum(['SUCCEEDED', 'FAILED', 'KILLED', 'UNKNOWN'])
  .describe(
    [
      'How it went, once and for good. More than YARN’s final status, which cannot tell that a driver in client mode failed, nor that a job swallowed its error.',
      'SUCCEEDED: YARN says so, and nothing speaks against it.',
      'FAILED: YARN, the driver’s end or the job’s own output says so; also a job that was REJECTED.',
      'KILLED: its end was asked for here, whatever YARN says, or YARN says that it was killed.',
      'UNKNOWN: what would tell is missing (LOST, closed by hand, no exit status of a driver) or contradicts itself.',
      'Null while it is not over, and while evidence is still to come: of a job whose launcher lives as long as it does, the launcher’s end.'
    ].join(' ')
  )

const evidence = z.object({
  source: z
    .string()
    .describe(
      'Who says it: `yarn`, `launcher` (how it ended), `output` (its own lines, secrets masked), `stop` (who wanted the end), `operator` (who closed the record), `executor` (a decision of this service, or the rule it went by)'
    ),
  text: z.string()
})

const warning = z.object({
  code: z
    .string()
    .describe(
      'Stable. `LAUNCHER_FAILED`: it ended otherwise than well after YARN had accepted the application, which goes on. `CLIENT_GONE`: the client that waited for a Flink job is gone, and its application may stay RUNNING for good. `JOB_ENDED`: Flink says that the job has ended although its application is RUNNING. `DRIVER_GONE`: a Spark application goes on without its driver. `NAME_DIFFERS`: the application has another name than the job. `TAGS_MISSING`: it bears not all of its tags, so that it may not be found again'
    ),
  text: z.string()
})

const jobFields = {
  id: jobId,
  taskName: z.string(),
  engine,
  deployMode,
  profile: profileName
    .nullable()
    .describe('What launches it; null of a job that was accepted before there was a choice'),
  queue: z.string().nullable(),
  variables: z.record(z.string(), z.string()).describe('Secrets masked, as in what follows'),
  conf: z.record(z.string(), z.string()),
  args: z.array(z.string()),
  mainClass: z.string().nullable(),
  owner: z.string(),
  configFile: z.string().nullable().describe('Null when the config came as a text'),
  configDigest: z.string().describe('`sha256:<hex>` of the bytes it runs with, or of the program'),
  state,
  reason: z.string().nullable().describe('Stable, where the state alone does not say why'),
  reasonText: z.string().nullable(),
  applicationId: applicationId.nullable(),
  acceptedAt: time,
  startedAt: time.nullable().describe('When the ResourceManager was seen to have accepted it'),
  changedAt: time,
  startDeadline: time.nullable(),
  yarn: z
    .object({
      state: z.string(),
      finalStatus: z.string().nullable(),
      observedAt: time,
      ageMs: z.int().describe('How old this is')
    })
    .nullable()
    .describe('What the ResourceManager said last, in its own words'),
  stale: z
    .object({ reason: z.string(), since: time.nullable() })
    .nullable()
    .describe('Why what is known may be out of date; null while it is fresh'),
  outcome: outcome.nullable(),
  evidence: z
    .array(evidence)
    .describe('What the outcome rests on, the deciding fact first; empty while there is none'),
  warnings: z
    .array(warning)
    .describe('What was found out of order while it ran, in order; they stay when it is over'),
  tags: z.object({ installation: z.string(), submission: z.string() }),
  replaces: jobId.nullable(),
  closed: z.object({ by: z.string(), at: time.nullable() }).nullable(),
  operation: operation.nullable(),
  queuePosition: z.int().nullable().describe('1 is next; null when it does not wait for a launcher')
}

export const job = z.object(jobFields)
export type Job = z.output<typeof job>

const attempt = z.object({
  id: z.string(),
  tag: z.string(),
  profile: z.string(),
  argv: z.array(z.string()).describe('The launcher’s, secrets masked'),
  renderedDigest: z.string().describe('`sha256:<hex>` of the copy that the launcher read'),
  holdsDriver: z.boolean(),
  createdAt: time,
  endedAt: time.nullable(),
  exit: z
    .object({
      kind: z.string(),
      code: z.int().optional(),
      signal: z.string().optional(),
      reason: z.string().optional(),
      outlived: z
        .boolean()
        .optional()
        .describe('Processes that it had started went on: one of them may be the driver')
    })
    .nullable()
    .describe('How the launcher ended: `exited`, `signalled`, `not-started`, or `unknown`'),
  failure: z
    .object({ code: z.string(), sentence: z.string(), lines: z.array(z.string()) })
    .nullable()
    .describe('What its output says about its end, secrets masked')
})

export const jobDetail = z.object({ ...jobFields, attempts: z.array(attempt) })
export type JobDetail = z.output<typeof jobDetail>

export const jobList = z.object({
  items: z.array(job),
  nextCursor,
  total: z.int().describe('Of all parts together')
})

const eventFields = {
  at: time,
  who: z.string().describe('A user, or the part of the service that saw it'),
  what: z
    .string()
    .describe(
      'A state that it went into, or `launcher-started`, `launcher-ended` (detail: how, as JSON), `outcome` (detail: the outcome and its first evidence), `warning` (detail: code and text) and the like'
    ),
  detail: z.string().nullable()
}
export const jobEvents = z.object({ items: z.array(z.object(eventFields)) })

/** Headers of `GET /executor/v2/events`. */
export const eventStreamHeaders = z.object({
  'last-event-id': z
    .string()
    .regex(/^\d{1,15}$/, { error: 'must be the id of an event' })
    .transform(Number)
    .optional()
    .describe('The id of the last event that was seen')
})
