import { until } from '@scheduler-task/test-support/until'
import t from 'tap'
import { startExecutor, startSurroundings } from './support/executor.ts'
import { startService } from './support/service-process.ts'
import { v2Calls } from './support/v2-calls.ts'

const ENDLESS =
  'env {\n  sandbox.run.ms = 600000\n}\nsource {\n  FakeStream { result_table_name = "t" }\n}\ntransform { }\nsink {\n  Console { password = "s3cret-of-mine" }\n}\n'

type Item = { source: string; text: string }
type Seen = { complete: boolean; items: Item[]; own: Item[] }

t.test(
  'containers’ lines in the log of a job, over kill -9 of the executor and to the end',
  async (t) => {
    const around = await startSurroundings(t, { CONTAINER_LOG_INTERVAL_MS: '200' })
    const first = await startService(t, around.variables)
    const before = v2Calls(first.url)
    const job = { configFile: undefined, config: ENDLESS, deployMode: 'cluster' }
    const { body: accepted } = await before.submit('logged', job)
    const { applicationId } = await before.inState(accepted.id, 'RUNNING')
    const { yarn } = around
    const [am = ''] = yarn.containersOf(applicationId)
    const source = `am/${am}/stderr`
    const read = async ({ get }: typeof before): Promise<Seen> => {
      const { body } = await get(`/jobs/${accepted.id}/log?size=1000000`)
      const items: Item[] = body.items
      return { complete: body.complete, items, own: items.filter((one) => one.source === source) }
    }
    yarn.log(applicationId, 'stderr', 'one password=s3cret-of-mine\ntwo\n')
    await until('it is read', async () => (await read(before)).own.length === 2)
    t.match((await read(before)).own, [{ text: 'one password=******' }, { text: 'two' }])
    await first.kill()
    yarn.log(applicationId, 'stderr', 'three\n')
    const second = await startExecutor(t, {}, {}, around)
    const after = v2Calls(second.url)
    await until('it goes on', async () => (await read(after)).own.length >= 3)
    yarn.log(applicationId, 'stderr', 'four, without an end')
    t.match(await after.post(`/jobs/${accepted.id}/stop`), { http: 202 })
    await after.inState(accepted.id, 'KILLED')
    const { own, items } = await until('the log is complete', async () => {
      const now = await read(after)
      return now.complete && now
    })
    t.strictSame(
      own.map((one: Item) => one.text),
      ['one password=******', 'two', 'three', 'four, without an end']
    )
    const kinds = new Set(items.map((one: Item) => one.source.split('/')[0]))
    t.ok(kinds.has('launcher') && kinds.has('am'), [...kinds].join(' '))
  }
)

t.test('nodes that hang slow down no start and no stop', async (t) => {
  const { yarn, url } = await startExecutor(t, { CONTAINER_LOG_INTERVAL_MS: '100' })
  const { submit, inState, post } = v2Calls(url)
  yarn.faults.add({ kind: 'hang', path: '/ws/v1/node/*' })
  const { body: one } = await submit('one')
  await inState(one.id, 'RUNNING')
  await until('its node is asked', () => Object.keys(yarn.nodeManagerRequests).length > 0)
  const since = performance.now()
  const { body: two } = await submit('two')
  await inState(two.id, 'RUNNING')
  t.match(await post(`/jobs/${one.id}/stop`), { http: 202 })
  await inState(one.id, 'KILLED')
  t.ok(performance.now() - since < 15_000, 'a call to a node may take as long as that')
})
