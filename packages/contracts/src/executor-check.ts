import { z } from 'zod'

const finding = z.object({
  severity: z
    .enum(['error', 'warning', 'info'])
    .describe('error: a start would be refused; warning: most likely a mistake'),
  code: z.string().describe('Stable, upper snake case'),
  message: z.string(),
  path: z.string().describe('Which part of the request: configFile, taskName, queue, …'),
  line: z.int().optional().describe('In the config, from 1'),
  column: z.int().optional(),
  lineText: z.string().optional().describe('The line of the config, its secrets masked'),
  suggestion: z.string().optional().describe('What was probably meant')
})

/** Answer of `POST /executor/v2/jobs/check`. */
export const jobCheck = z.object({
  ok: z.boolean().describe('No error among the findings: it would be started'),
  profile: z.string().nullable().describe('The launcher profile; null when there is none'),
  findings: z.array(finding),
  argv: z
    .array(z.string())
    .nullable()
    .describe(
      'What would run, secrets masked; tags and paths are new for each start. null when it cannot be made'
    ),
  environment: z.array(z.string()).describe('Names of the launcher’s variables')
})
export type JobCheck = z.output<typeof jobCheck>
