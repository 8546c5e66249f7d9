import { startYarn } from '@scheduler-task/sandbox/yarn/yarn'
import { serveCalls } from '../child-calls.ts'

// The ResourceManager as a process of its own: what it takes to answer must not be taken for the executor's.

export type Planned = Readonly<{
  name: string
  tags: readonly string[]
  state: 'ACCEPTED' | 'RUNNING'
}>

const yarn = await startYarn({ timing: { acceptMs: 20, registerMs: 100 } })
process.once('SIGTERM', () => process.exit())

export const handlers = {
  url: () => yarn.url,

  /** Applications past the wire; answers their ids. */
  submit: (planned: readonly Planned[]) =>
    planned.map(({ name, tags, state }) => {
      const id = yarn.submit({ name, tags, type: 'Apache Flink' })
      yarn.advance(id, state)
      return id
    }),

  /** Answers when it happened, epoch ms. */
  change: ({ id, to }: { id: string; to: 'RUNNING' | 'FINISHED' }) => {
    yarn.advance(id, to)
    return Date.now()
  },

  /** Calls so far by method and path. */
  requests: () => ({ ...yarn.requests })
}

serveCalls(handlers)
