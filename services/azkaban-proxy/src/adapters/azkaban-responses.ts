import { z } from 'zod'
import type { Execution, ExecutionJob } from '../domain/azkaban.ts'

/** Members of Azkaban's answers that are read here; what else they hold is passed on as text. */
export const loginResponse = z.object({ 'session.id': z.string().min(1) })

/** `execid` is -1 where nothing was started although there is no `error` (azkaban.md §3.3). */
export const startResponse = z.object({ execid: z.int() })

/** None: an empty object (§7). One that holds something else says nothing of what runs. */
export const runningResponse = z.union([
  z.object({ execIds: z.array(z.int()) }),
  z.strictObject({}).transform(() => ({ execIds: [] }))
])

export const logResponse = z.object({
  offset: z.int(),
  length: z.int().nonnegative(),
  data: z.string()
})

export const flowsResponse = z.object({ flows: z.array(z.object({ flowId: z.string() })) })

export const executionsResponse = z.object({
  executions: z.array(
    z.object({
      execId: z.int(),
      status: z.string(),
      submitTime: z.number(),
      submitUser: z.string().catch('')
    })
  )
})

const node = z.object({
  id: z.string(),
  nestedId: z.string().optional(),
  status: z.string(),
  attempt: z.int().nonnegative().catch(0),
  startTime: z.number().catch(-1),
  endTime: z.number().catch(-1),
  get nodes(): z.ZodOptional<z.ZodArray<typeof node>> {
    return z.array(node).optional()
  }
})
type Node = z.output<typeof node>

export const executionResponse = z.object({
  execid: z.int(),
  status: z.string(),
  nodes: z.array(node).default([])
})

/** The execution that an answer shows, its embedded flows laid flat. */
export function executionOf(
  { status, nodes }: z.output<typeof executionResponse>,
  text: string
): Execution {
  return { text, status, jobs: nodes.flatMap(jobsOf) }
}

function jobsOf({ id, nestedId = id, nodes, ...job }: Node): ExecutionJob[] {
  return nodes ? nodes.flatMap(jobsOf) : [{ nestedId, ...job }]
}
