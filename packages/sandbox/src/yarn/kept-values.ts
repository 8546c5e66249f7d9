import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { z } from 'zod'
import type { Timers } from './timers.ts'

const version = 1
const writeDelayMs = 200

/** What a stand-in keeps between two runs. */
export interface KeptValues<T> {
  load(): T[]
  /** Writes soon; many calls make one write. */
  touch(): void
  /** Writes now. */
  save(): void
}

export interface KeptValuesOptions<T> {
  readonly path: string
  /** Under which the values stand in the file. */
  readonly key: string
  readonly schema: z.ZodType<T>
  /** What is to be written. */
  readonly values: () => readonly T[]
}

/**
 * A JSON file of values, written whole and renamed into place. What cannot be read (absent, damaged,
 * of another version) counts as empty.
 */
export function keepValues<T>(options: KeptValuesOptions<T>, timers: Timers): KeptValues<T> {
  const { path, key, schema, values } = options
  const content = z.object({ version: z.literal(version), [key]: z.array(schema) })
  let scheduled = false

  function save(): void {
    mkdirSync(dirname(path), { recursive: true })
    const next = `${path}.next`
    writeFileSync(next, JSON.stringify({ version, [key]: values() }))
    renameSync(next, path)
  }

  function load(): T[] {
    try {
      return z.array(schema).parse(content.parse(JSON.parse(read(path)))[key])
    } catch (error) {
      if (error instanceof z.ZodError || error instanceof SyntaxError) return []
      throw error
    }
  }

  return {
    load,
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
