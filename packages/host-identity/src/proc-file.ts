/** What means that a process is gone: before its file was opened, or while it was read. */
const GONE: readonly unknown[] = ['ENOENT', 'ESRCH']

/** What `read` reads of a process; undefined when that has ended. Other errors are thrown: they say nothing about it. */
export function ifItIsThere<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (GONE.includes((error as NodeJS.ErrnoException).code)) return undefined
    throw error
  }
}
