import { readdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Launching } from '@scheduler-task/yarn-executor/domain/launching'

const GRACE_MS = 500
const LIMIT_MS = 10_000

/**
 * Ends every launcher below the executor's data directory that has not ended by itself. For the sandbox only: what its
 * launchers submit to ends with it. Real launchers outlive the service.
 */
export async function endLaunchers(launching: Launching, executorDir: string): Promise<void> {
  const signal = AbortSignal.timeout(LIMIT_MS)
  const root = resolve(executorDir, 'attempts')
  for (const attemptId of await attemptIds(root)) {
    const attempt = { attemptId, identity: undefined, directory: join(root, attemptId) }
    if ((await launching.fence(attempt)) === 'held') {
      await launching.end(attempt, { graceMs: GRACE_MS, signal })
    }
  }
}

/** Attempts that have left no exit status yet. */
async function attemptIds(dir: string): Promise<string[]> {
  const found: string[] = []
  for (const name of await readdir(dir).catch((): string[] => [])) {
    const files = await readdir(join(dir, name)).catch((): string[] => [])
    if (!files.includes('exit-status')) found.push(name)
  }
  return found
}
