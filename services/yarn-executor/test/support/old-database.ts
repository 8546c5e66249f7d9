import { readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'libsql'

const FIRST_VERSION = readFileSync(
  join(import.meta.dirname, '../fixtures/databases/0001.sql'),
  'utf8'
)

/** The jobs of a service that does not run, as its first version would have kept them: what it did not know is gone. */
export function asFirstVersionKeptThem({ DATA_DIR }: Readonly<Record<string, string>>): void {
  const path = join(String(DATA_DIR), 'executor.sqlite')
  const old = `${path}.old`
  rmSync(old, { force: true })
  const database = new Database(old)
  const schema = FIRST_VERSION.split('\n').filter((line) => line.startsWith('CREATE'))
  database.exec(schema.join('\n'))
  database.exec(`ATTACH '${path}' AS newer`)
  for (const table of ['installation', 'submissions', 'attempts', 'events']) {
    const columns = database.prepare(`PRAGMA table_info("${table}")`).all() as { name: string }[]
    const names = columns.map(({ name }) => `"${name}"`).join(', ')
    database.exec(`INSERT INTO "${table}" (${names}) SELECT ${names} FROM newer."${table}"`)
  }
  database.exec(
    "INSERT INTO migrations (name, applied_at) VALUES ('0001-submissions-attempts-events', 1000)"
  )
  database.close()
  for (const name of [path, `${path}-wal`, `${path}-shm`]) rmSync(name, { force: true })
  renameSync(old, path)
}
