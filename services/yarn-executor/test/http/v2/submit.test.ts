import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { until } from '@scheduler-task/test-support/until'
import t from 'tap'
import { CONFIGS, startExecutor, startSurroundings } from '../../support/executor.ts'
import { v2Calls } from '../../support/v2-calls.ts'

t.test('a job is answered when it is kept, and launched in the background', async (t) => {
  const { url, yarn, changes } = await startExecutor(t)
  const { submit, get, inState } = v2Calls(url)
  const answer = await submit('first', { configFile: 'never.conf' })
  t.match(answer, {
    http: 202,
    body: {
      id: /^[0-9a-f]{32}$/,
      state: 'ACCEPTED',
      taskName: 'first',
      owner: 'anonymous',
      applicationId: null,
      startDeadline: null,
      outcome: null,
      operation: { kind: 'start' }
    }
  })
  const { id } = answer.body
  t.equal(answer.headers.location, `/executor/v2/jobs/${id}`)
  t.match(changes, [{ what: 'executor.submit', target: /first/, code: 202 }])
  const application = await until('it is submitted', () => yarn.applications[0])
  yarn.advance(application.id, 'RUNNING')
  const running = await inState(id, 'RUNNING')
  t.match(running, {
    applicationId: application.id,
    yarn: { state: 'RUNNING', ageMs: Number },
    stale: null,
    operation: null,
    queuePosition: null,
    attempts: [
      {
        id: `${id}-1`,
        profile: 'waterdrop-2',
        argv: ['/usr/bin/bash', /start-waterdrop-spark.sh$/],
        exit: null
      }
    ]
  })
  t.strictSame(yarn.applications.length, 1)

  const text = await submit('text', { configFile: undefined, config: CONFIGS['endless.conf'] })
  t.match(text, { http: 202, body: { configFile: null } })
  t.match(await inState(text.body.id, 'RUNNING'), { configFile: null })

  const flink = await submit('flink', { engine: 'flink', configFile: 'flink.conf' })
  t.match(await inState(flink.body.id, 'RUNNING'), { engine: 'flink', deployMode: 'client' })
  t.match(await get(`/jobs/${flink.body.id}/events`), {
    http: 200,
    body: { items: [{ what: 'ACCEPTED' }, { what: 'LAUNCHING' }] }
  })
})

t.test('what cannot be launched is rejected, with its reason', async (t) => {
  const { url, yarn } = await startExecutor(t)
  const { submit, inState } = v2Calls(url)
  await t.test('a live application has the name: nothing is launched', async (t) => {
    const holder = yarn.submit({ name: 'taken' })
    yarn.advance(holder, 'RUNNING')
    const { http, body } = await submit('taken')
    t.equal(http, 202)
    t.match(await inState(body.id, 'REJECTED'), {
      reason: 'TASK_NAME_IN_USE',
      reasonText: new RegExp(holder)
    })
    t.equal(yarn.applications.length, 1)
  })
  await t.test('the deadline is over before the ResourceManager accepts', async (t) => {
    const { body } = await submit('late', { configFile: 'never.conf', startDeadlineMs: 2000 })
    t.ok(body.startDeadline)
    t.match(await inState(body.id, 'KILLED'), { reason: 'START_TIMEOUT' })
    const late = yarn.applications.filter(({ name }) => name === 'late')
    t.ok(late.every(({ publicState }) => publicState === 'KILLED'))
  })
  await t.test('an outage during the check of the name is waited for', async (t) => {
    await yarn.down()
    const { body } = await submit('waits')
    const { body: other } = await submit('stopped')
    t.match(await v2Calls(url).post(`/jobs/${other.id}/stop`), { http: 202 })
    await yarn.up()
    await inState(body.id, 'RUNNING')
    t.match(await inState(other.id, 'KILLED'), { reason: 'CANCELLED' })
    t.notOk(yarn.applications.some(({ name }) => name === 'stopped'))
  })
})

t.test('200 identical requests at once: one application', async (t) => {
  const { url, yarn } = await startExecutor(t)
  const { submit, inState, get } = v2Calls(url)
  const count = 200
  await t.test('without a key the others are told who has the name', async (t) => {
    const answers = await Promise.all(Array.from({ length: count }, () => submit('same')))
    const [winner, ...more] = answers.filter(({ http }) => http === 202)
    t.strictSame(more, [])
    const losers = answers.filter(({ http }) => http === 409)
    t.equal(losers.length, count - 1)
    t.ok(losers.every(({ body }) => body.code === 'YARN_EXECUTOR_TASK_NAME_IN_USE'))
    t.ok(losers.every(({ body }) => body.submissionId === winner?.body.id))
    t.ok(losers.every(({ headers }) => /problem\+json/.test(String(headers['content-type']))))
    await inState(winner?.body.id, 'RUNNING')
  })
  await t.test('with a key all get the same job', async (t) => {
    const key = { 'idempotency-key': '"one-click"' }
    const answers = await Promise.all(Array.from({ length: count }, () => submit('keyed', {}, key)))
    t.ok(answers.every(({ http }) => http === 202))
    const ids = new Set(answers.map(({ body }) => body.id))
    t.equal(ids.size, 1)
    await inState(String([...ids][0]), 'RUNNING')
  })
  for (const name of ['same', 'keyed']) {
    t.equal(yarn.applications.filter((one) => one.name === name).length, 1, name)
  }
  t.equal((await get('/jobs')).body.total, 2)
})

t.test('a key', async (t) => {
  const { url, variables, yarn } = await startExecutor(t)
  const { submit, inState, post } = v2Calls(url)
  const key = { 'idempotency-key': 'k' }
  const { body: first } = await submit('first', {}, key)
  await inState(first.id, 'RUNNING')
  await rm(join(String(variables.FILE_ROOT), 'endless.conf'))
  t.match(
    await post('/jobs', { taskName: 'first', configFile: 'endless.conf', engine: 'spark' }, key),
    { http: 202, body: { id: first.id, state: 'RUNNING' } },
    'the first answer, whatever has become of its file, and however its keys are ordered'
  )
  t.match(await submit('other', {}, key), {
    http: 422,
    body: { code: 'YARN_EXECUTOR_KEY_REUSED', submissionId: first.id }
  })
  t.match(await submit('other'), { http: 422, body: { code: 'YARN_EXECUTOR_CONFIG_NOT_FOUND' } })
  for (const bad of ['é', ['k', 'k'], ['k', 'other']]) {
    t.match(
      await submit('other', {}, { 'idempotency-key': bad }),
      { http: 400, body: { errors: [{ path: 'idempotency-key' }] } },
      String(bad)
    )
  }
  t.equal(yarn.applications.length, 1)
})

t.test('the queue: positions, a full one, a stop while waiting', async (t) => {
  const { url, yarn } = await startExecutor(t, { MAX_LAUNCHERS: '1', MAX_QUEUED: '2' })
  const { submit, inState, get, post } = v2Calls(url)
  const { body: first } = await submit('first', { configFile: 'never.conf' })
  await until('it is launched', () => yarn.applications.length === 1)
  const { body: second } = await submit('second', {}, { 'idempotency-key': 'second' })
  const { body: third } = await submit('third')
  const positionIs = (id: string, position: number) =>
    until(`${id} is number ${position}`, async () => {
      const { body } = await get(`/jobs/${id}`)
      return body.queuePosition === position
    })
  await positionIs(second.id, 1)
  await positionIs(third.id, 2)
  const full = await submit('fourth')
  t.match(full, {
    http: 503,
    headers: { 'retry-after': /\d/ },
    body: { code: 'YARN_EXECUTOR_QUEUE_FULL', status: 503 }
  })
  t.match(
    await submit('second', {}, { 'idempotency-key': 'second' }),
    { http: 202, body: { id: second.id } },
    'a key is answered all the same'
  )
  t.match(await post(`/jobs/${second.id}/stop`), {
    http: 202,
    body: { state: 'STOPPING', operation: { kind: 'stop', requestedBy: 'anonymous' } }
  })
  await positionIs(third.id, 1)
  t.match(await inState(second.id, 'KILLED'), { reason: 'CANCELLED' })
  t.match(await submit('fourth'), { http: 202 }, 'nothing of the refused one was kept')
  yarn.advance(String(yarn.applications[0]?.id), 'RUNNING')
  await inState(first.id, 'RUNNING')
  await inState(third.id, 'RUNNING')
})

t.test('what was accepted outlives the service, in order', async (t) => {
  const around = await startSurroundings(t, { MAX_LAUNCHERS: '1' })
  const { yarn } = around
  const before = await startExecutor(t, {}, {}, around)
  const calls = v2Calls(before.url)
  const ids: string[] = []
  await calls.submit('first', { configFile: 'never.conf' })
  await until('one is launched', () => yarn.applications.length === 1)
  for (const name of ['a', 'b', 'c']) {
    const { body } = await calls.submit(name, {
      configFile: undefined,
      config: CONFIGS['endless.conf']
    })
    ids.push(body.id)
  }
  await before.close()
  t.equal(yarn.applications.length, 1)
  yarn.advance(String(yarn.applications[0]?.id), 'RUNNING')
  const after = v2Calls((await startExecutor(t, {}, {}, around)).url)
  for (const id of ids) await after.inState(id, 'RUNNING')
  t.strictSame(
    yarn.applications.map(({ name }) => name),
    ['first', 'a', 'b', 'c']
  )
})

t.test('hostile requests are refused as problems, and nothing is kept', async (t) => {
  const { url, yarn } = await startExecutor(t)
  const { submit, get, post } = v2Calls(url)
  const cases: [string, Record<string, unknown>, number][] = [
    ['an unknown key', { force: true }, 400],
    ['a local master', { master: 'local[*]' }, 400],
    ['a command as a name', { taskName: '$(id)' }, 400],
    ['what scripts take for an option', { taskName: 'a-h' }, 400],
    ['a path out of the root', { configFile: '../secret' }, 400],
    ['no config at all', { configFile: undefined }, 400],
    ['a config that is none', { configFile: undefined, config: 'env {' }, 422],
    ['NUL', { configFile: undefined, config: 'env {\0}' }, 422],
    ['a missing file', { configFile: 'none.conf' }, 422]
  ]
  for (const [what, more, status] of cases) {
    const answer = await submit('x', more)
    t.match(answer, { http: status, body: { status, code: /./, requestId: /./ } }, what)
    t.match(answer.headers['content-type'], /^application\/problem\+json/, what)
  }
  for (const body of ['', '[]', 'null', '{', '"x"', `{"a":${'['.repeat(20_000)}`]) {
    t.match(await post('/jobs', body), { http: 400 }, body.slice(0, 20))
  }
  for (const path of [
    '/jobs/x',
    '/jobs/%00',
    `/jobs/${'0'.repeat(31)}`,
    '/jobs/..%2f..',
    '/jobs?limit=0',
    '/jobs?limit=1e9',
    '/jobs?cursor=%00',
    '/jobs?cursor=zzz',
    '/jobs?state=running',
    '/jobs?state=RUNNING&state=LOST',
    '/jobs?nothing=1',
    '/jobs/%zz'
  ]) {
    t.match(await get(path), { http: 400, body: { status: 400, code: 'BAD_PARAMETERS' } }, path)
  }
  t.match(await get(`/jobs/${'0'.repeat(32)}`), { http: 404, body: { code: /JOB_UNKNOWN/ } })
  t.match(await get('/jobs/'), { http: 400 })
  t.match(await get('/nothing'), { http: 404, body: { status: 404, code: 'NOT_FOUND' } })
  t.equal((await get('/jobs')).body.total, 0)
  t.equal(yarn.applications.length, 0)
})
