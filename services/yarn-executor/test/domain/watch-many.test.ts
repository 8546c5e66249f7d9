import { join } from 'node:path'
import { until } from '@scheduler-task/test-support/until'
import t, { type Test } from 'tap'
import { createSqlJobStore } from '../../src/adapters/sql-job-store.ts'
import { openSqliteFile } from '../../src/adapters/sqlite-file.ts'
import { installationTagOf } from '../../src/domain/tags.ts'
import { startExecutor, startSurroundings } from '../support/executor.ts'
import { newSubmission } from '../support/job-store-contract.ts'

const COUNT = 300

/** A service with many jobs that run; nothing was launched. */
async function watchingMany(t: Test) {
  const around = await startSurroundings(t)
  const path = join(String(around.variables.DATA_DIR), 'many.sqlite')
  const store = createSqlJobStore(await openSqliteFile(path))
  const installationTag = installationTagOf(await store.installationId())
  const jobs = await Promise.all(
    Array.from({ length: COUNT }, async () => {
      const submission = { ...newSubmission(), installationTag }
      const { id, submissionTag } = await store.accept(submission)
      const applicationId = around.yarn.submit({ tags: [installationTag, submissionTag] })
      around.yarn.advance(applicationId, 'RUNNING')
      await store.change(id, { to: 'LAUNCHING', who: 'executor' })
      await store.change(id, { to: 'SUBMITTED', who: 'executor', also: { applicationId } })
      return { id, applicationId }
    })
  )
  const executor = await startExecutor(t, {}, { store }, around)
  const count = async (state: 'RUNNING' | 'FINISHED' | 'LOST') =>
    (await store.list({ states: [state] }, { limit: 1 })).total
  await until('all run', async () => (await count('RUNNING')) === COUNT)
  return { ...executor, store, jobs, count }
}

t.test('many that end at once are asked for in a list, not one by one', async (t) => {
  const { yarn, jobs, count } = await watchingMany(t)
  const single = () => yarn.requests['GET /ws/v1/cluster/apps/{id}'] ?? 0
  const before = single()
  for (const { applicationId } of jobs.slice(100)) yarn.advance(applicationId, 'FINISHED')
  await until('they are over', async () => (await count('FINISHED')) === COUNT - 100)
  t.equal(await count('RUNNING'), 100)
  t.equal(single(), before)
})

t.test('many that are forgotten at once are lost by proof, the others are not', async (t) => {
  const { yarn, jobs, count, store } = await watchingMany(t)
  for (const { applicationId } of jobs.slice(200)) yarn.forget(applicationId)
  await until('they are stale first', async () => {
    return (await store.watched()).filter(({ stale }) => stale === 'RM_FORGOT').length > 0
  })
  await until('they are lost', async () => (await count('LOST')) === COUNT - 200)
  t.equal(await count('RUNNING'), 200)
})
