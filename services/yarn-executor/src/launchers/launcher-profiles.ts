import {
  type Abilities,
  type Engine,
  type KnownProfile,
  PROFILE_NAMES,
  type ProfileName
} from '../domain/launching.ts'
import { createFlink, FLINK } from './flink.ts'
import {
  type Installation,
  type LauncherProfile,
  MissingHome,
  type ProfileFacts
} from './launcher-profile.ts'
import { createSeatunnel23, SEATUNNEL_23 } from './seatunnel-2.3.ts'
import { createSeatunnel23Direct, SEATUNNEL_23_DIRECT } from './seatunnel-2.3-direct.ts'
import { createSparkSubmit, SPARK_SUBMIT } from './spark-submit.ts'
import { createWaterdrop1, WATERDROP_1 } from './waterdrop-1.ts'
import { createWaterdrop2, WATERDROP_2 } from './waterdrop-2.ts'

/** How a profile is made for an engine; rejects with `MissingHome` when this host cannot launch it. */
export type ProfileConstructor = Readonly<{
  facts: ProfileFacts
  create: (engine: Engine, installation: Installation) => Promise<LauncherProfile>
}>

/** Every profile that there is: a new generation of launchers is a file and a row here. */
export const PROFILES: Readonly<Record<ProfileName, ProfileConstructor>> = {
  'waterdrop-2': { facts: WATERDROP_2, create: createWaterdrop2 },
  'waterdrop-1': { facts: WATERDROP_1, create: createWaterdrop1 },
  'seatunnel-2.3': { facts: SEATUNNEL_23, create: createSeatunnel23 },
  'seatunnel-2.3-direct': { facts: SEATUNNEL_23_DIRECT, create: createSeatunnel23Direct },
  'spark-submit': { facts: SPARK_SUBMIT, create: createSparkSubmit },
  flink: { facts: FLINK, create: createFlink }
}

/** A profile on one engine, as this host has it. `profile` is undefined where `missing` says why. */
export type HostedProfile = KnownProfile & Readonly<{ profile: LauncherProfile | undefined }>

const ENGINES = ['spark', 'flink'] as const

/**
 * All profiles on all engines that they can launch.
 * @throws MissingHome when a default cannot be used: then nothing could be started
 */
export async function hostedProfiles(
  installation: Installation,
  defaults: Readonly<Record<Engine, ProfileName>>
): Promise<readonly HostedProfile[]> {
  const hosted: HostedProfile[] = []
  for (const name of PROFILE_NAMES) {
    for (const engine of ENGINES) {
      const { facts, create } = PROFILES[name]
      const abilities: Abilities | undefined = facts.abilities[engine]
      if (!abilities) continue
      const isDefault = defaults[engine] === name
      const made = await create(engine, installation).catch((error: unknown) => {
        if (isDefault || !(error instanceof MissingHome)) throw error
        return error
      })
      const { swallowsErrors } = facts
      const known = { name, engine, abilities, swallowsErrors, isDefault }
      if (made instanceof MissingHome) {
        const { variable, problem } = made
        hosted.push({ ...known, missing: { variable, problem }, profile: undefined })
      } else hosted.push({ ...known, missing: null, profile: made })
    }
  }
  for (const engine of ENGINES) {
    if (hosted.some((one) => one.engine === engine && one.isDefault)) continue
    throw new Error(`${engine.toUpperCase()}_LAUNCHER: ${defaults[engine]} cannot launch ${engine}`)
  }
  return hosted
}
