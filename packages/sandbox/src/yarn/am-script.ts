import { z } from 'zod'
import { finalStatuses } from './application.ts'

const delayMs = z.number().int().min(0).max(86_400_000)

/** Environment variable of the submission that says how the stand-in plays the ApplicationMaster. */
export const amScriptVariable = 'SANDBOX_AM'

export const amScript = z.object({
  /** `managed`: the stand-in plays it alone; `client-driver`: it lives as long as its driver's connection. */
  kind: z.enum(['managed', 'client-driver']),
  /** From submission to ACCEPTED; default `timing.acceptMs`. */
  acceptAfterMs: delayMs.optional(),
  /** From ACCEPTED to RUNNING; default `timing.registerMs`. */
  registerAfterMs: delayMs.optional(),
  /** From RUNNING to the AM's own end; null = runs until killed. Default 2000, `client-driver`: null. */
  finishAfterMs: delayMs.nullable().optional(),
  finalStatus: z.enum(finalStatuses).default('SUCCEEDED'),
  diagnostics: z.string().max(65_536).default(''),
  /** The AM's process exits 1 before it registers, in every attempt. */
  failBeforeRegister: z.boolean().default(false),
  /** Attempts that fail 100 ms after they were RUNNING, before one goes on. */
  failedAttempts: z.number().int().min(0).max(100).default(0),
  stdout: z.string().optional(),
  stderr: z.string().optional(),
  /** Further files of the AM container's log directory. */
  logs: z.record(z.string().regex(/^[\w.-]{1,100}$/), z.string()).default({}),
  /** Containers besides the AM's, from RUNNING on. */
  executors: z.number().int().min(0).max(100).default(0),
  /** Files of the log directory of each of them. */
  executorLogs: z.record(z.string().regex(/^[\w.-]{1,100}$/), z.string()).default({}),
  /** Web address of the AM itself; clients are shown the proxied one, as in YARN. */
  trackingUrl: z.string().optional()
})
export type AmScript = z.output<typeof amScript>
