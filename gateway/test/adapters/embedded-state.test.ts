import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { ConfigError } from '@scheduler-task/service-base/load-config'
import t from 'tap'
import { openEmbeddedState } from '../../src/adapters/embedded-state.ts'
import { sessionOf } from '../support/session-store-contract.ts'

t.test('the key and the sessions are the same when opened again', async (t) => {
  const folder = join(t.testdir(), 'made', 'here')
  const first = await openEmbeddedState(folder)
  const session = sessionOf()
  await first.sessions.create(session)
  t.ok(Buffer.from(first.secret).length >= 32)
  t.ok(Buffer.from(first.secret, 'base64').length >= 32, 'in either encoding')

  first.close()
  const second = await openEmbeddedState(folder)
  t.teardown(() => second.close())
  t.equal(second.secret, first.secret)
  t.ok(await second.sessions.find(session.id))
  for (const name of ['jwt-secret', 'sessions.json']) {
    t.equal((await stat(join(folder, name))).mode & 0o777, 0o600, name)
  }
  t.equal((await stat(folder)).mode & 0o777, 0o700)
})

t.test('a second process is refused: a session that ended here would live on there', async (t) => {
  const folder = t.testdir()
  const first = await openEmbeddedState(folder)
  await t.rejects(openEmbeddedState(folder), {
    constructor: ConfigError,
    message: /DATA_DIR: .* in use by another process; .* REDIS_URL/
  })
  first.close()
  const second = await openEmbeddedState(folder)
  second.close()
})

t.test('two installations have two keys', async (t) => {
  const folder = t.testdir()
  const [one, two] = await Promise.all([
    openEmbeddedState(join(folder, 'one')),
    openEmbeddedState(join(folder, 'two'))
  ])
  t.not(one.secret, two.secret)
  for (const state of [one, two]) state.close()
})
