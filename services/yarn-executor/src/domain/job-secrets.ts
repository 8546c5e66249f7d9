import type { JobStore } from './job-store.ts'
import { allSecrets } from './secret-masking.ts'
import type { Submission } from './submission.ts'

/** What must not be shown of anything that a job prints, wherever it runs. */
export type JobSecrets = (
  submission: Pick<Submission, 'configDigest' | 'settings'>
) => Promise<readonly string[]>

/** By its config, by what was given beside it, and by the launchers' own variables. */
export function createJobSecrets(
  store: Pick<JobStore, 'config'>,
  environment: Readonly<Record<string, string>>
): JobSecrets {
  return async ({ configDigest, settings }) => {
    const config = await store.config(configDigest)
    return allSecrets(config ? Buffer.from(config).toString() : '', settings, environment)
  }
}
