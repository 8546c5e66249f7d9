import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Change } from '@scheduler-task/auth/record-change'
import { loadConfig } from '@scheduler-task/service-base/load-config'
import { lastingDirectory } from '@scheduler-task/test-support/lasting-directory'
import { pino } from 'pino'
import type { Test } from 'tap'
import { buildApp, type Replacements } from '../../src/app.ts'
import { environmentWith } from '../../src/config.ts'

export type FileService = {
  url: string
  port: number
  root: string
  /** A directory beside the root that nothing may reach. */
  outside: string
  /** What callers can see: every path below the root but the service's own, sorted. */
  files(): Promise<string[]>
  /** Bytes that wait for their name, or were left behind. */
  unfinished(): Promise<string[]>
  /** The changes that were reported, in order. */
  changes: Change[]
  close(): Promise<void>
}

/** The service on a free port of loopback with a root of its own; ended with the test. */
export async function startFileService(
  t: Test,
  variables: Record<string, string> = {},
  replacements: Replacements = {}
): Promise<FileService> {
  const base = lastingDirectory(t, { root: {}, outside: { 'secret.txt': 'secret' } })
  const root = join(base, 'root')
  const changes: Change[] = []
  const app = await buildApp(
    loadConfig(environmentWith(), { AUTH_MODE: 'off', FILE_ROOT: root, ...variables }),
    {
      logger: pino({ level: 'silent' }),
      recordChange: (change) => changes.push(change),
      ...replacements
    }
  )
  t.teardown(() => app.close())
  await app.listen({ host: '127.0.0.1', port: 0 })
  const address = app.server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  await mkdir(root, { recursive: true })
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    root,
    outside: join(base, 'outside'),
    changes,
    files: () => visible(root),
    unfinished: () => unfinished(root),
    close: async () => app.close()
  }
}

/** Every path below a root but the service's own, sorted. */
export async function visible(root: string): Promise<string[]> {
  const paths = await readdir(root, { recursive: true })
  return paths.filter((path) => !/^\.(trash|uploads)(\/|$)/.test(path)).sort()
}

/** Files in `.uploads`, whoever began them. */
export async function unfinished(root: string): Promise<string[]> {
  const paths = await readdir(join(root, '.uploads'), { recursive: true }).catch(() => [])
  return paths.filter((path) => path.includes('/'))
}
