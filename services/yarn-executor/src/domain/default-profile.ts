import type { Engine, Launching, ProfileName } from './launching.ts'

/** What a job gets that asks for no profile. */
export function defaultProfile(
  launching: Pick<Launching, 'profiles'>,
  engine: Engine
): ProfileName {
  const profile = launching.profiles().find((one) => one.engine === engine && one.isDefault)
  return profile?.name ?? 'waterdrop-2'
}
