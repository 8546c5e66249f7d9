import { END_CAUSES } from './end-causes.ts'
import { ENGINE_CAUSES } from './engine-causes.ts'
import { JOB_CAUSES } from './job-causes.ts'
import type { KnownCause, Place } from './known-cause.ts'
import { LAUNCHER_CAUSES } from './launcher-causes.ts'
import { MEMORY_CAUSES } from './memory-causes.ts'
import { NETWORK_CAUSES } from './network-causes.ts'
import { PROGRAM_CAUSES } from './program-causes.ts'
import { STORAGE_CAUSES } from './storage-causes.ts'
import { WAIT_CAUSES } from './wait-causes.ts'

/**
 * All causes that are known by what programs print, the particular before the general: of two that are found with
 * the same rank the one that stands first here is the likelier.
 */
export const KNOWN_CAUSES: readonly KnownCause[] = [
  ...LAUNCHER_CAUSES.filter(({ rank }) => rank === 1),
  ...END_CAUSES,
  ...WAIT_CAUSES,
  ...MEMORY_CAUSES,
  ...PROGRAM_CAUSES,
  ...STORAGE_CAUSES,
  ...NETWORK_CAUSES,
  ...LAUNCHER_CAUSES.filter(({ rank }) => rank > 1),
  ...ENGINE_CAUSES,
  ...JOB_CAUSES
]

/** Those that show in one place. */
export function causesIn(place: Place): readonly KnownCause[] {
  return KNOWN_CAUSES.filter((cause) => cause.in.includes(place))
}
