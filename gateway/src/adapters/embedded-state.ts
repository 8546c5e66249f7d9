import { randomBytes } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { FileLock } from '@scheduler-task/file-lock/file-lock'
import { ConfigError } from '@scheduler-task/service-base/load-config'
import type { SessionStore } from '../domain/session-store.ts'
import { openEmbeddedSessionStore } from './embedded-session-store.ts'
import { readPrivateFile, writePrivateFile } from './private-file.ts'

const SECRET_BYTES = 32

/** What a gateway without Redis keeps below DATA_DIR. Services in the same process use the same two. */
export type EmbeddedState = {
  /** For JWT_SECRET, with JWT_SECRET_ENCODING=utf8. */
  secret: string
  sessions: SessionStore
  /** Lets another process have them. */
  close(): void
}

/**
 * Opens the sessions and the signing key below `dataDir`; a key is made the first time. Both survive a restart. One
 * process at a time: in a second one a session that was ended here would live on.
 * @throws ConfigError when another process has them
 */
export async function openEmbeddedState(dataDir: string): Promise<EmbeddedState> {
  const lock = await takeSessions(dataDir)
  try {
    return {
      secret: await keptSecret(join(dataDir, 'jwt-secret')),
      sessions: await openEmbeddedSessionStore(join(dataDir, 'sessions.json')),
      close: lock.release
    }
  } catch (error) {
    lock.release()
    throw error
  }
}

async function takeSessions(dataDir: string): Promise<FileLock> {
  // Loaded only here: a gateway with Redis needs none.
  const { FileInUse, takeFileLock } = await import('@scheduler-task/file-lock/file-lock')
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  try {
    return takeFileLock(join(dataDir, 'sessions.json'))
  } catch (error) {
    if (!(error instanceof FileInUse)) throw error
    throw new ConfigError([
      `DATA_DIR: the sessions in ${dataDir} are in use by another process; several gateways need REDIS_URL`
    ])
  }
}

async function keptSecret(path: string): Promise<string> {
  const kept = (await readPrivateFile(path))?.trim()
  if (kept) return kept
  const made = randomBytes(SECRET_BYTES).toString('base64url')
  await writePrivateFile(path, `${made}\n`)
  return made
}
