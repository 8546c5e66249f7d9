import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'

/** A new empty directory, as many as a test wants; removed with the test. */
export function freshDirectory(t: Test): string {
  const path = mkdtempSync(join(tmpdir(), 'scheduler-task-test-'))
  t.teardown(() => rmSync(path, { recursive: true, force: true }))
  return path
}
