import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { SessionStore } from '../domain/session-store.ts'
import { openEmbeddedSessionStore } from './embedded-session-store.ts'
import { readPrivateFile, writePrivateFile } from './private-file.ts'

const SECRET_BYTES = 32

/** What a gateway without Redis keeps below DATA_DIR. Services in the same process use the same two. */
export type EmbeddedState = {
  /** For JWT_SECRET, with JWT_SECRET_ENCODING=utf8. */
  secret: string
  sessions: SessionStore
}

/** Opens the sessions and the signing key below `dataDir`; a key is made the first time. Both survive a restart. */
export async function openEmbeddedState(dataDir: string): Promise<EmbeddedState> {
  return {
    secret: await keptSecret(join(dataDir, 'jwt-secret')),
    sessions: await openEmbeddedSessionStore(join(dataDir, 'sessions.json'))
  }
}

async function keptSecret(path: string): Promise<string> {
  const kept = (await readPrivateFile(path))?.trim()
  if (kept) return kept
  const made = randomBytes(SECRET_BYTES).toString('base64url')
  await writePrivateFile(path, `${made}\n`)
  return made
}
