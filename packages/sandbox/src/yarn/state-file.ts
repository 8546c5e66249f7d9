import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Application } from './application.ts'
import type { Timers } from './timers.ts'

const version = 1
const writeDelayMs = 200

/** What a stand-in keeps between two runs: its applications, not their logs. */
export interface StateFile {
  load(): Application[]
  /** Writes soon; many calls make one write. */
  touch(): void
  /** Writes now. */
  save(): void
}

/**
 * The state file at `path`, written whole and renamed into place. What cannot be read (absent,
 * damaged, of another version) counts as empty.
 *
 * @param apps what is to be written
 */
export function openStateFile(path: string, apps: () => Application[], timers: Timers): StateFile {
  let scheduled = false

  function save(): void {
    mkdirSync(dirname(path), { recursive: true })
    const next = `${path}.next`
    writeFileSync(next, JSON.stringify({ version, applications: apps() }))
    renameSync(next, path)
  }

  return {
    load: () => parse(read(path)),
    touch() {
      if (scheduled) return
      scheduled = true
      timers.after(writeDelayMs, () => {
        scheduled = false
        save()
      })
    },
    save
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return ''
    throw error
  }
}

function parse(text: string): Application[] {
  try {
    const content = JSON.parse(text)
    return content.version === version ? content.applications : []
  } catch {
    return []
  }
}
