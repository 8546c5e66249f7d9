import { until } from '@scheduler-task/test-support/until'
import t, { type Test } from 'tap'
import { startExecutor, startSurroundings } from './support/executor.ts'
import { gatedLaunching } from './support/gated-launching.ts'
import { v2Calls } from './support/v2-calls.ts'

async function gated(t: Test, overrides: Record<string, string>) {
  const around = await startSurroundings(t, { MAX_DRIVERS: '1000', ...overrides })
  const gate = await gatedLaunching(around)
  const { launching } = gate
  const executor = await startExecutor(t, {}, { launching }, around)
  return { ...executor, ...v2Calls(executor.url), ...gate, v1: executor.post }
}

t.test('500 requests at once for 50 places: 202 and launched, or 503 and nothing', async (t) => {
  const MAX_LAUNCHERS = 2
  const MAX_QUEUED = 50
  const { submit, get, open, yarn } = await gated(t, {
    MAX_LAUNCHERS: String(MAX_LAUNCHERS),
    MAX_QUEUED: String(MAX_QUEUED)
  })
  const names = Array.from({ length: 500 }, (_, at) => `job-${at}`)
  const answers = await Promise.all(names.map(async (name) => ({ name, ...(await submit(name)) })))
  const accepted = answers.filter(({ http }) => http === 202)
  const refused = answers.filter(({ http }) => http === 503)
  t.equal(accepted.length + refused.length, names.length, 'nothing else is answered')
  t.equal(accepted.length, MAX_QUEUED + MAX_LAUNCHERS)
  for (const { headers, body } of refused) {
    if (!/^\d+$/.test(String(headers['retry-after']))) t.fail('503 without Retry-After')
    if (body.code !== 'YARN_EXECUTOR_QUEUE_FULL') t.fail(body.code)
  }
  const expected = accepted.map(({ name }) => name).sort()
  const { body: list } = await get('/jobs?limit=500')
  t.equal(list.total, expected.length)
  t.strictSame(list.items.map(({ taskName }: { taskName: string }) => taskName).sort(), expected)
  open()
  await until('all accepted run', async () => {
    const { body } = await get('/jobs?state=RUNNING&limit=1')
    return body.total === expected.length
  })
  t.strictSame(yarn.applications.map(({ name }) => name).sort(), expected)
  t.match(await submit(String(refused[0]?.name)), { http: 202 }, 'a refused one may come again')
})

t.test('starts of v1 and v2 wait in one row', async (t) => {
  const { submit, get, post, v1, open, started, yarn } = await gated(t, { MAX_LAUNCHERS: '1' })
  const start = (taskName: string) =>
    v1('/executor/start/spark', {
      'deploy-mode': 'client',
      configFile: 'endless.conf',
      taskName
    })
  const jobOf = async (taskName: string) => {
    const { body } = await get('/jobs')
    return body.items.find((one: { taskName: string }) => one.taskName === taskName)
  }
  const positionIs = (taskName: string, position: number) =>
    until(`${taskName} is number ${position}`, async () => {
      return (await jobOf(taskName))?.queuePosition === position
    })
  const first = start('a')
  await until('the first has its turn', () => started.length === 1)
  t.equal((await jobOf('a')).queuePosition, null)
  t.match(await submit('b'), { http: 202 })
  await positionIs('b', 1)
  const third = start('c')
  await positionIs('c', 2)
  t.match(await submit('d'), { http: 202 })
  await positionIs('d', 3)
  const fifth = start('e')
  await positionIs('e', 4)
  const { id } = await jobOf('b')
  t.match(await post(`/jobs/${id}/stop`), { http: 202 })
  await positionIs('c', 1)
  await positionIs('d', 2)
  await positionIs('e', 3)
  open()
  for (const answer of [first, third, fifth]) t.match(await answer, { statusCode: 200 })
  await until('all run', () => yarn.applications.length === 4)
  t.strictSame(
    yarn.applications.map(({ name }) => name),
    ['a', 'c', 'd', 'e']
  )
})
