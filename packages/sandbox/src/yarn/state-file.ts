import { z } from 'zod'
import { type Application, finalStatuses, publicStates } from './application.ts'
import { type KeptValues, keepValues } from './kept-values.ts'
import type { Timers } from './timers.ts'

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

/**
 * What a stand-in keeps between two runs: its applications, not their logs.
 *
 * @param apps what is to be written
 */
export function openStateFile(
  path: string,
  apps: () => Application[],
  timers: Timers
): KeptValues<Application> {
  return keepValues({ path, key: 'applications', schema: application, values: apps }, timers)
}
