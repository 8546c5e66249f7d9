import { until } from '@scheduler-task/test-support/until'
import t from 'tap'
import { startSharedWorld } from './support/instances.ts'
import { startPostgres } from './support/postgres-server.ts'

const postgres = await startPostgres(t)
/** In which watching and killing have to be another instance's. */
const TAKE_OVER_MS = 10_000

t.test('an instance is killed: what it had is watched and stopped by another one', async (t) => {
  const world = await startSharedWorld(t, postgres, { MAX_DRIVERS: '9', MAX_LAUNCHERS: '9' })
  const { yarn } = world
  const [one, other] = [await world.start('a'), await world.start('b')]
  const submit = async (name: string) => {
    const { id } = (await one.v2.submit(name)).body
    await one.v2.inState(id, 'RUNNING')
    return id
  }
  const [stopped, watched] = [await submit('stopped'), await submit('watched')]
  const app = (name: string) => yarn.applications.find((one) => one.name === name)

  const began = performance.now()
  await one.kill()
  t.equal((await other.v2.post(`/jobs/${stopped}/stop`)).http, 202)
  yarn.advance(String(app('watched')?.id), 'FINISHED')
  await until('it is killed', () => app('stopped')?.publicState === 'KILLED')
  const killedMs = performance.now() - began
  t.match(await other.v2.inState(watched, 'FINISHED'), { yarn: { finalStatus: 'SUCCEEDED' } })
  const watchedMs = performance.now() - began
  t.comment(`killed after ${Math.round(killedMs)} ms, watched after ${Math.round(watchedMs)} ms`)
  t.ok(killedMs < TAKE_OVER_MS && watchedMs < TAKE_OVER_MS)

  const waits = await until('it says what it waits for', async () => {
    const { body } = await other.v2.get(`/jobs/${stopped}`)
    return body.stale?.reason === 'HOST_UNREACHABLE' && body.operation?.problem && body
  })
  t.match(waits, { state: 'STOPPING', operation: { problem: /host-a/ } })
  await world.start('a')
  t.match(await other.v2.inState(stopped, 'KILLED'), { stale: null })
})
