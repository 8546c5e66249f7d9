import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { z } from 'zod'
import { type Application, finalStatuses, publicStates } from './application.ts'
import type { Timers } from './timers.ts'

const version = 1
const writeDelayMs = 200

const absentWhenMissing = <T extends z.ZodType>(type: T) =>
  type.optional().transform((value) => value ?? undefined)

const attempt = z.object({
  number: z.number().int(),
  stage: z.enum(['new', 'scheduled', 'launched', 'registered', 'ended']),
  startTime: z.number(),
  launchTime: z.number(),
  finishedTime: z.number(),
  containerId: z.string(),
  containers: z.array(z.string()),
  rpcPort: absentWhenMissing(z.number())
})

const application = z.object({
  id: z.string(),
  user: z.string(),
  name: z.string(),
  queue: z.string(),
  type: z.string(),
  tags: z.array(z.string()),
  priority: z.number(),
  nodeLabelExpression: absentWhenMissing(z.string()),
  resource: z.object({ memory: z.number(), vCores: z.number() }),
  maxAttempts: z.number().int(),
  unmanaged: z.boolean(),
  startedTime: z.number(),
  launchTime: z.number(),
  finishedTime: z.number(),
  state: z.enum([...publicStates, 'FINAL_SAVING', 'FINISHING', 'KILLING']),
  publicState: z.enum(publicStates),
  saving: z.enum(['FINISHING', 'FAILED', 'KILLED']),
  finalStatus: z.enum(finalStatuses),
  progress: z.number(),
  diagnostics: z.string(),
  rejected: z.boolean(),
  attempts: z.array(attempt),
  visibleFrom: z.number(),
  heldKills: z.number()
})

const content = z.object({ version: z.literal(version), applications: z.array(application) })

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
    return content.parse(JSON.parse(text)).applications
  } catch {
    return []
  }
}
