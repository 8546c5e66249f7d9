import { BadParameters } from '@scheduler-task/envelope/errors'
import { profileMissing } from '../errors.ts'
import type { ConfigFiles } from './config-files.ts'
import {
  type DeployMode,
  type Engine,
  type KnownProfile,
  type Launching,
  type LaunchRequest,
  type LaunchSettings,
  NO_SETTINGS,
  type ProfileName,
  type Program
} from './launching.ts'
import { attemptTagOf, installationTagOf, newId, submissionTagOf } from './tags.ts'

/** What a user asks to run, checked by the route's schema. */
export type JobRequest = Readonly<{
  engine: Engine
  /** The default of its engine when it is missing. */
  profile?: ProfileName
  /** `client` when it is missing; refused where the profile knows none. */
  deployMode?: DeployMode
  /** Empty when the config came as a text. */
  configFile: string
  /** The config itself, in place of a file's. */
  config?: Buffer
  /** Of a job that is run once more: the program that it had, in place of a file's. */
  program?: Program
  settings?: LaunchSettings
  taskName: string
  owner: string
  requestId: string
}>

/** Findings with the key that the config came by: `config` for a text, `configFile` for a file. */
export function asSent<T extends Readonly<{ path: string }>>(
  { configFile }: Pick<JobRequest, 'configFile'>,
  found: readonly T[]
): T[] {
  const isText = configFile === ''
  return found.map((one) =>
    isText && one.path === 'configFile' ? { ...one, path: 'config' } : one
  )
}

/** Says what would be launched for a job; nothing is written, and the profile has not been asked yet. */
export type RequestMaking = (job: JobRequest) => Promise<LaunchRequest>

/**
 * Chooses the profile and reads the config.
 * @returns what throws BadParameters and Failure: a profile or a file that cannot be had
 */
export function createRequestMaking(
  launching: Pick<Launching, 'profiles'>,
  configFiles: ConfigFiles,
  installationId: string
): RequestMaking {
  return async (job) => {
    const profile = profileOf(launching, job)
    const submissionId = newId(Date.now())
    const attemptId = `${submissionId}-1`
    const deployMode = deployModeOf(profile, job.deployMode)
    return {
      ...(job.settings ?? NO_SETTINGS),
      ...(await contentOf(job, profile, configFiles)),
      profile: profile.name,
      engine: job.engine,
      deployMode,
      taskName: job.taskName,
      tags: [
        installationTagOf(installationId),
        submissionTagOf(submissionId),
        attemptTagOf(attemptId)
      ],
      submissionId,
      attemptId,
      configName: job.configFile
    }
  }
}

/** The one that is asked for, or else the default of the engine. */
function profileOf(
  launching: Pick<Launching, 'profiles'>,
  { engine, profile: name }: JobRequest
): KnownProfile {
  const known = launching.profiles().filter((one) => one.engine === engine)
  const profile = known.find((one) => (name ? one.name === name : one.isDefault))
  if (!profile) {
    const names = known.map((one) => one.name).join(', ')
    const message = `cannot launch ${engine} jobs; ${names} can`
    throw new BadParameters([{ path: 'profile', message }])
  }
  if (profile.missing) throw profileMissing(profile.name, profile.missing)
  return profile
}

function deployModeOf({ name, abilities }: KnownProfile, given?: DeployMode): DeployMode {
  const { deployModes } = abilities
  if (given === undefined) return deployModes[0] ?? 'client'
  if (deployModes.includes(given)) return given
  const message =
    deployModes.length === 0
      ? `the profile ${name} knows no deploy mode: the job always runs on the cluster`
      : `must be ${deployModes.join(' or ')} with the profile ${name}`
  throw new BadParameters([{ path: 'deployMode', message }])
}

async function contentOf(
  { configFile, config, program }: JobRequest,
  { name, abilities }: KnownProfile,
  configFiles: ConfigFiles
): Promise<Pick<LaunchRequest, 'config' | 'program'>> {
  if (program) return { config: Buffer.alloc(0), program }
  if (config) return { config, program: null }
  if (abilities.runs === 'program') {
    const extension = /\.[^./]*$/.exec(configFile)?.[0] ?? ''
    if (!abilities.files.includes(extension)) {
      const message = `the profile ${name} runs a program: a file that ends in ${abilities.files.join(' or ')}`
      throw new BadParameters([{ path: 'configFile', message }])
    }
    if (extension === '.jar') {
      return { config: Buffer.alloc(0), program: await configFiles.program(configFile) }
    }
  }
  return { config: await configFiles.read(configFile), program: null }
}
