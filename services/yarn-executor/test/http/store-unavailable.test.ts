import { join } from 'node:path'
import t from 'tap'
import {
  type JobStore,
  StoreUnavailable,
  type UnavailableReason
} from '../../src/domain/job-store.ts'
import { startExecutor, startSurroundings } from '../support/executor.ts'
import { openStore } from '../support/sqlite-store.ts'
import { v2Calls } from '../support/v2-calls.ts'

t.test('a store that cannot take it, or cannot be asked', async (t) => {
  const around = await startSurroundings(t)
  const store = await openStore(t, { path: join(String(around.variables.DATA_DIR), 'x.sqlite') })
  let reason: UnavailableReason | undefined
  const failing = new Proxy(store, {
    get: (target, name: keyof JobStore) =>
      reason && ['accept', 'acceptOnce', 'list', 'find'].includes(name)
        ? () => Promise.reject(new StoreUnavailable(reason ?? 'FULL', { cause: 'secret path' }))
        : target[name].bind(target)
  })
  const { url, yarn, post } = await startExecutor(t, {}, { store: failing }, around)
  const v2 = v2Calls(url)
  const v1 = () => post('/executor/start/spark', { configFile: 'endless.conf', taskName: 'x' })

  for (const full of ['FULL', 'BUSY'] as const) {
    reason = full
    const code = `YARN_EXECUTOR_STORE_${full}`
    t.match(await v2.submit('x'), {
      http: 503,
      headers: { 'retry-after': /\d/ },
      body: { code, accepted: false, detail: /nothing was accepted/ }
    })
    t.match(await v1(), { http: 200, statusCode: 150, error: { code, accepted: false } })
  }
  reason = 'UNREACHABLE'
  const submitted = await v2.submit('x', {}, { 'idempotency-key': 'k' })
  t.match(submitted, { http: 503, body: { detail: /not known/ } })
  t.notOk(submitted.headers['retry-after'], 'it may have been accepted')
  t.match(await v2.get('/jobs'), { http: 503, headers: { 'retry-after': /\d/ } })
  t.notMatch((await v2.get('/jobs')).text, /secret path/)
  t.match(await v1(), {
    http: 200,
    statusCode: 150,
    error: { code: 'YARN_EXECUTOR_STORE_UNREACHABLE' }
  })
  t.equal(yarn.applications.length, 0)

  reason = undefined
  const { body } = await v2.submit('x', {}, { 'idempotency-key': 'k' })
  await v2.inState(body.id, 'RUNNING')
})
