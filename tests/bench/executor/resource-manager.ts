import { join } from 'node:path'
import type { BenchContext } from '../benchmark.ts'
import { type Calls, startCalls } from '../child-calls.ts'
import type { handlers } from './resource-manager-process.ts'

export type ResourceManager = Omit<Calls<typeof handlers>, 'url'> & {
  url: string
  /** Reads and kills that it has got: what the executor asks. Launchers only post. */
  asked: () => Promise<number>
  /** Applications that were submitted over the wire, or asked to be. */
  submissions: () => Promise<number>
}

const SUBMIT = 'POST /ws/v1/cluster/apps'

export async function startResourceManager({ onEnd }: BenchContext): Promise<ResourceManager> {
  const path = join(import.meta.dirname, 'resource-manager-process.ts')
  const { calls, end } = startCalls<typeof handlers>(path)
  onEnd(end)
  const url = await calls.url(undefined as never)
  const counts = () => calls.requests(undefined as never)
  return {
    submit: calls.submit,
    change: calls.change,
    requests: calls.requests,
    url,
    asked: async () =>
      Object.entries(await counts())
        .filter(([kind]) => !kind.startsWith('POST '))
        .reduce((sum, [, count]) => sum + count, 0),
    submissions: async () => (await counts())[SUBMIT] ?? 0
  }
}
