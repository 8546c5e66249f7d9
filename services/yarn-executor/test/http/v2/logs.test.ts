import { appendFile } from 'node:fs/promises'
import { join } from 'node:path'
import { until } from '@scheduler-task/test-support/until'
import t from 'tap'
import { startExecutor } from '../../support/executor.ts'
import { followLog, logOf } from '../../support/log-calls.ts'
import { v2Calls } from '../../support/v2-calls.ts'

t.test('what the launcher prints is in the log of its job, without secrets', async (t) => {
  const executor = await startExecutor(t, { LAUNCHER_ENV_VAULT_TOKEN: 'of-the-launchers' })
  const { submit, inState } = v2Calls(executor.url)
  const id = String((await submit('logged')).body.id)
  await inState(id, 'RUNNING')
  const first = await until(async () => {
    const log = await logOf(executor.url, id)
    return log.items.length > 0 && log
  })
  t.match(first.items[0]?.source, /^launcher\/(stdout|stderr)$/)
  t.equal(first.complete, false)

  const directory = join(String(executor.variables.DATA_DIR), 'attempts', `${id}-1`)
  await appendFile(
    join(directory, 'stdout'),
    'password=hunter22\nseen of-the-launchers\nlast word, no end'
  )
  const lines = followLog(t, executor.url, id)
  await until(() => lines.texts().includes('password=******'))
  await until(() => lines.texts().includes('seen ******'))
  t.notOk(lines.ended())

  await fetch(`${executor.url}/executor/v2/jobs/${id}/stop`, { method: 'POST' })
  await until('the end is told', () => lines.ended())
  t.ok(lines.texts().includes('last word, no end'))
  const whole = await logOf(executor.url, id, 'size=1048576')
  t.equal(whole.complete, true)
  t.same(
    lines.texts(),
    whole.items.map(({ text }) => text),
    'who follows gets what stands there'
  )

  await t.test('in parts, the last lines, of one source, as text', async (t) => {
    const tail = await logOf(executor.url, id, 'tail=2')
    t.same(tail.items, whole.items.slice(-2))
    const one = whole.items[0]
    const rest = await logOf(executor.url, id, `from=${one?.cursor}&size=1048576`)
    t.same(rest.items, whole.items.slice(1))
    const source = 'launcher/stdout'
    const stdout = await logOf(executor.url, id, `source=${source}&size=1048576`)
    t.same(
      stdout.items,
      whole.items.filter((line) => line.source === source)
    )
    const url = `${executor.url}/executor/v2/jobs/${id}/log?size=1048576`
    const text = await fetch(url, { headers: { accept: 'text/plain' } })
    t.equal(text.headers.get('x-log-next'), String(whole.next))
    t.equal(await text.text(), whole.items.map((line) => `${line.text}\n`).join(''))
  })

  await t.test('what cannot be asked for', async (t) => {
    const status = async (path: string) =>
      (await fetch(`${executor.url}/executor/v2/jobs/${path}`)).status
    t.equal(await status(`${id}/log?from=${whole.size + 1}`), 416)
    t.equal(await status(`${id}/log?from=${whole.size + 1}&follow`), 416)
    t.equal(await status(`${'0'.repeat(id.length)}/log`), 404)
    for (const query of [
      'from=-1',
      'from=x',
      'size=0',
      'size=99999999',
      'tail=-1',
      'from=1&tail=1',
      'source=a%20b',
      'other=1',
      'follow=maybe'
    ]) {
      t.equal(await status(`${id}/log?${query}`), 400, query)
    }
  })

  await t.test('who comes back goes on behind what was seen', async (t) => {
    const seen = whole.items[0]
    const again = followLog(t, executor.url, id, { lastEventId: String(seen?.cursor) })
    await until(() => again.ended())
    t.same(
      again.texts(),
      whole.items.slice(1).map(({ text }) => text)
    )
  })
})

t.test(
  'a job that waits for its turn can be followed, and one that never had one ends',
  async (t) => {
    const executor = await startExecutor(t, { MAX_LAUNCHERS: '1', MAX_DRIVERS: '1' })
    const { submit, inState } = v2Calls(executor.url)
    await inState(String((await submit('first')).body.id), 'RUNNING')
    const id = String((await submit('second')).body.id)
    const lines = followLog(t, executor.url, id)
    await until(() => lines.opened())
    t.same(lines.texts(), [])
    await fetch(`${executor.url}/executor/v2/jobs/${id}/stop`, { method: 'POST' })
    await until('the end of nothing', () => lines.ended())
    t.same(await logOf(executor.url, id), { items: [], from: 0, next: 0, size: 0, complete: true })
  }
)
