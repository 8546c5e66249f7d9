import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { until } from '@scheduler-task/test-support/until'
import t from 'tap'
import { startSurroundings } from './support/executor.ts'
import { startService } from './support/service-process.ts'
import { storedState, storedSubmission } from './support/stored-submission.ts'
import { v2Calls } from './support/v2-calls.ts'

const CLIENT = join(import.meta.dirname, 'fixtures/asks-with-one-key.mjs')
const CLIENTS = 4
const EACH = 50

t.test('four clients, one key, 200 requests, and a SIGKILL between them: one job', async (t) => {
  const { yarn, variables } = await startSurroundings(t)
  const first = await startService(t, variables)
  const run = promisify(execFile)
  const clients = Array.from({ length: CLIENTS }, () =>
    run(process.execPath, [CLIENT, first.url, String(EACH), '"one-key"'], { timeout: 180_000 })
  )
  await until('one is accepted', () => storedSubmission(variables, 'one-key'))
  await first.kill()
  // The clients know one address.
  const second = await startService(t, { ...variables, PORT: new URL(first.url).port })
  const answers = await Promise.all(clients)
  const ids = answers.flatMap(({ stdout }) => JSON.parse(stdout) as string[])
  t.equal(ids.length, CLIENTS * EACH)
  t.strictSame([...new Set(ids)], [storedSubmission(variables, 'one-key')?.id])
  await until('it runs', () => storedState(variables, 'one-key') === 'RUNNING')
  t.equal(yarn.applications.length, 1)
  t.equal((await v2Calls(second.url).get('/jobs')).body.total, 1)
})
