import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import Database from 'libsql'

type Variables = Readonly<Record<string, string>>
type Stored = { id: string; state: string; application_id: string | null }

/**
 * The last submission of a name as it is on the disk, while the service runs or after it was killed; undefined before
 * there is one. To ask the service itself would be to start the job.
 */
export function storedSubmission(variables: Variables, taskName: string): Stored | undefined {
  const find = 'SELECT id, state, application_id FROM submissions WHERE task_name = ?'
  return withDatabase(
    variables,
    (database) =>
      database.prepare(`${find} ORDER BY accepted_at DESC`).get(taskName) as Stored | undefined
  )
}

export function storedState(variables: Variables, taskName: string): string | undefined {
  return storedSubmission(variables, taskName)?.state
}

/** Lets the deadline of a start be over, while no service runs. */
export function endStartTime(variables: Variables, taskName: string): void {
  withDatabase(variables, (database) =>
    database
      .prepare('UPDATE submissions SET start_deadline = ? WHERE task_name = ?')
      .run([Date.now() - 1, taskName])
  )
}

/** As a version that did not judge would have left it. */
export function forgetOutcome(variables: Variables, id: string): void {
  withDatabase(variables, (database) => {
    database
      .prepare('UPDATE submissions SET outcome = NULL, evidence = NULL WHERE id = ?')
      .run([id])
    database.prepare('UPDATE attempts SET failure = NULL WHERE submission_id = ?').run([id])
  })
}

/** As a version would have left it that knew one profile alone. */
export function forgetProfile(variables: Variables, id: string): void {
  withDatabase(variables, (database) =>
    database
      .prepare('UPDATE submissions SET profile = NULL, settings = NULL WHERE id = ?')
      .run([id])
  )
}

/** The host was started anew while no service ran: a process of today has got the number of all old ones. */
export function rebooted(
  variables: Variables,
  { pid, startTime }: Readonly<{ pid: number; startTime: string }>
): void {
  withDatabase(variables, (database) =>
    database
      .prepare('UPDATE attempts SET pid = ?, process_start_time = ?, boot_id = ?')
      .run([pid, startTime, '00000000-0000-0000-0000-000000000000'])
  )
}

/** What the launcher of a name has written to its standard output so far. */
export async function launcherOutput(variables: Variables, taskName: string): Promise<string> {
  const stored = storedSubmission(variables, taskName)
  const path = join(String(variables.DATA_DIR), 'attempts', `${stored?.id}-1`, 'stdout')
  return await readFile(path, 'utf8').catch(() => '')
}

function withDatabase<T>({ DATA_DIR }: Variables, work: (database: Database.Database) => T): T {
  const database = new Database(join(String(DATA_DIR), 'executor.sqlite'))
  try {
    return work(database)
  } finally {
    database.close()
  }
}
