import { join } from 'node:path'
import Database from 'libsql'

/**
 * The state of the last submission of a name as it is on the disk, while the service runs or after it was killed;
 * undefined before there is one. To ask the service itself would be to start the job.
 */
export function storedState(
  variables: Readonly<Record<string, string>>,
  taskName: string
): string | undefined {
  const database = new Database(join(String(variables.DATA_DIR), 'executor.sqlite'))
  try {
    const row = database
      .prepare('SELECT state FROM submissions WHERE task_name = ? ORDER BY accepted_at DESC')
      .get(taskName) as { state: string } | undefined
    return row?.state
  } finally {
    database.close()
  }
}
