import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { z } from 'zod'

const identity = z.object({ pid: z.number(), startTime: z.string(), bootId: z.string() })

const state = z.object({
  /** In the environment of the daemons, and so of every container that they start. */
  runId: z.string(),
  basePort: z.number(),
  javaHome: z.string(),
  resourceManager: identity.optional(),
  nodeManager: identity.optional(),
  historyServer: identity.optional(),
  azkaban: identity.optional()
})

/** What was started last: written before each start, so that nothing is ever unaccounted for. */
export type State = z.output<typeof state>

/** `undefined` when nothing has been started. */
export async function readState(file: string): Promise<State | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined)
  return text === undefined ? undefined : state.parse(JSON.parse(text))
}

export async function writeState(file: string, value: State): Promise<void> {
  await writeFile(`${file}.new`, `${JSON.stringify(value, undefined, 2)}\n`)
  await rename(`${file}.new`, file)
}

export async function removeState(file: string): Promise<void> {
  await rm(file, { force: true })
}
