import { envelopeOf } from '@scheduler-task/envelope/envelope'
import { z } from 'zod'
import { applicationId } from './application-id.ts'
import { taskName } from './task-name.ts'

export const configFile = z
  .string({ error: 'must be the path of a config file below the file root' })
  .min(1, { error: 'must not be empty' })
  .max(4096, { error: 'may have at most 4096 characters' })
  .describe('Path of a config file below the file root')

/** Spark: `yarn`, or the old spellings that hold the deploy mode. A local master yields no application. */
const sparkMaster = z.enum(['yarn', 'yarn-client', 'yarn-cluster'], {
  error: 'must be yarn (or the old yarn-client, yarn-cluster)'
})
const sparkDeployMode = z.enum(['client', 'cluster'], { error: 'must be client or cluster' })
const flinkMaster = z.enum(['yarn-cluster'], { error: 'must be yarn-cluster' })

/** The deploy mode that an old master name means. */
const MODE_OF_MASTER = { 'yarn-client': 'client', 'yarn-cluster': 'cluster' } as const

/** Body of `POST /executor/start/spark` and `/executor/restart/spark/{id}`. Unknown keys are kept for the log only. */
export const startSparkBody = z
  .looseObject({
    master: sparkMaster.optional().describe('yarn by default'),
    'deploy-mode': sparkDeployMode.optional().describe('client by default'),
    configFile,
    taskName
  })
  .meta({
    examples: [
      {
        master: 'yarn',
        'deploy-mode': 'client',
        configFile: 'application.spark.conf',
        taskName: 'testSpark'
      }
    ]
  })
  .refine(
    ({ master, 'deploy-mode': mode }) =>
      !master || master === 'yarn' || !mode || MODE_OF_MASTER[master] === mode,
    { path: ['deploy-mode'], error: 'contradicts master; give master yarn and the mode you want' }
  )
export type StartSparkBody = z.output<typeof startSparkBody>

/** Body of `POST /executor/start/flink` and `/executor/restart/flink/{id}`. */
export const startFlinkBody = z
  .looseObject({
    master: flinkMaster.optional().describe('yarn-cluster by default'),
    configFile,
    taskName
  })
  .meta({
    examples: [{ master: 'yarn-cluster', configFile: 'application.conf', taskName: 'testFlink' }]
  })
export type StartFlinkBody = z.output<typeof startFlinkBody>

export type DeployMode = z.output<typeof sparkDeployMode>

/** The deploy mode that a Spark body asks for. */
export function deployModeOf(body: StartSparkBody): DeployMode {
  if (body['deploy-mode']) return body['deploy-mode']
  return body.master && body.master !== 'yarn' ? MODE_OF_MASTER[body.master] : 'client'
}

export const applicationParams = z.object({ applicationId })

export const applicationIdEnvelope = envelopeOf(applicationId)
export const textEnvelope = envelopeOf(
  z
    .string()
    .describe('The ResourceManager’s own JSON, as text')
    .meta({ examples: ['{"scheduler":{"schedulerInfo":{"type":"fairScheduler"}}}'] })
)
export const reportEnvelope = envelopeOf(
  z
    .string()
    .describe('The ResourceManager’s own JSON, as text')
    .meta({
      examples: ['{"app":{"id":"application_1592537240488_0082","state":"RUNNING"}}']
    })
)
export const stateEnvelope = envelopeOf(
  z
    .string()
    .describe('app.state of the ResourceManager')
    .meta({ examples: ['RUNNING'] })
)
export const runningEnvelope = envelopeOf(
  z
    .string()
    .describe('A JSON text: [{"id","name"},…] with the header row first, or {} when nothing runs')
    .meta({
      examples: [
        '[{"id":"Application-Id","name":"Application-Name"},{"id":"application_1592537240488_0082","name":"testSpark"}]'
      ]
    })
)
export const trueEnvelope = envelopeOf(z.literal(true))
