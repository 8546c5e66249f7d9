import { startPostgres } from '@scheduler-task/test-support/postgres-server'
import { until } from '@scheduler-task/test-support/until'
import t from 'tap'
import { type Instance, startSharedWorld } from './support/instances.ts'

// Instances that are lost at the worst moment, and what the others make of it.

const postgres = await startPostgres(t)
const STOPS_BEFORE_SPAWN = 'test/fixtures/stops-before-spawn.ts'
/** In which watching and killing have to be another instance's. */
const TAKE_OVER_MS = 10_000
const WIDE = { MAX_DRIVERS: '9', MAX_LAUNCHERS: '9' }

const events = async ({ v2 }: Instance, id: string): Promise<string[]> =>
  (await v2.get(`/jobs/${id}/events`)).body.items.map(({ what }: { what: string }) => what)

t.test('stopped between LAUNCHING and the spawn; its host launches anew: one runs', async (t) => {
  const world = await startSharedWorld(t, postgres, WIDE)
  const shared = { HOST_ID: 'shared' }
  const one = await world.start('a', shared, STOPS_BEFORE_SPAWN)
  const other = await world.start('b', shared)
  const { id } = (await one.v2.submit('late')).body
  await one.stands()
  const { applicationId } = await other.v2.inState(id, 'RUNNING')
  t.ok((await events(other, id)).includes('another-attempt'))
  one.signal('SIGCONT')
  await until('it has a new lease', () => /the lease is lost/.test(one.log()))
  const first = await until('the first launcher has said how it ended', async () => {
    const { body } = await one.v2.get(`/jobs/${id}`)
    return body.attempts[0].exit && body.attempts[0]
  })
  t.not(first.exit.kind, 'exited', 'it never ran')
  // Whatever the late spawn could do comes before what is asked for after it.
  const { id: next } = (await one.v2.submit('next')).body
  await one.v2.inState(next, 'RUNNING')
  t.match((await one.v2.get(`/jobs/${id}`)).body, { state: 'RUNNING', applicationId })
  t.strictSame(
    world.yarn.applications.map(({ name }) => name),
    ['late', 'next']
  )
})

t.test('the same with the other on another host: it is left alone, and adopted', async (t) => {
  const world = await startSharedWorld(t, postgres, WIDE)
  const one = await world.start('a', {}, STOPS_BEFORE_SPAWN)
  const other = await world.start('b')
  const { id } = (await one.v2.submit('late')).body
  await one.stands()
  await until('it says why it waits', async () => {
    const { body } = await other.v2.get(`/jobs/${id}`)
    return body.stale?.reason === 'HOST_UNREACHABLE'
  })
  // Longer than anything here takes to be launched.
  const { id: next } = (await other.v2.submit('next')).body
  await other.v2.inState(next, 'RUNNING')
  t.match((await other.v2.get(`/jobs/${id}`)).body, { state: 'LAUNCHING', applicationId: null })
  one.signal('SIGCONT')
  await other.v2.inState(id, 'RUNNING')
  t.equal((await events(other, id)).includes('another-attempt'), false)
  t.strictSame(
    world.yarn.applications.map(({ name }) => name),
    ['next', 'late']
  )
  t.equal((await other.v2.post(`/jobs/${id}/stop`)).http, 202)
  t.match(await other.v2.inState(id, 'KILLED'), { stale: null })
})

t.test('who stops a job is lost meanwhile: another one goes on killing it', async (t) => {
  const { yarn, ...world } = await startSharedWorld(t, postgres, WIDE)
  const [one, other] = [await world.start('a'), await world.start('b')]
  const { id } = (await one.v2.submit('stopped')).body
  await one.v2.inState(id, 'RUNNING')
  yarn.faults.set([{ kind: 'killTakesPolls', polls: 10_000 }])
  t.equal((await one.v2.post(`/jobs/${id}/stop`)).http, 202)
  await one.v2.inState(id, 'STOPPING')
  const began = performance.now()
  await one.kill()
  yarn.faults.clear()
  const app = () => yarn.applications.find(({ name }) => name === 'stopped')
  await until('it is killed', () => app()?.publicState === 'KILLED')
  const tookMs = performance.now() - began
  t.comment(`killed ${Math.round(tookMs)} ms after the loss`)
  t.ok(tookMs < TAKE_OVER_MS)
  await world.start('a')
  t.match(await other.v2.inState(id, 'KILLED'), { stale: null })
})

t.test('two of three are lost at once: the third watches and kills for all', async (t) => {
  const { yarn, ...world } = await startSharedWorld(t, postgres, WIDE)
  const [killed, stopped] = [await world.start('a'), await world.start('b')]
  const left = await world.start('c')
  const jobs: { name: string; id: string }[] = []
  for (const [at, owner] of [killed, stopped].entries()) {
    for (const what of ['watched', 'ended']) {
      const name = `${what}-${at}`
      const { id } = (await owner.v2.submit(name)).body
      await owner.v2.inState(id, 'RUNNING')
      jobs.push({ name, id })
    }
  }
  const app = (wanted: string) => yarn.applications.find(({ name }) => name === wanted)
  const began = performance.now()
  stopped.signal('SIGSTOP')
  await killed.kill()
  for (const { name, id } of jobs) {
    if (name.startsWith('ended')) t.equal((await left.v2.post(`/jobs/${id}/stop`)).http, 202)
    else yarn.advance(String(app(name)?.id), 'FINISHED')
  }
  for (const { name, id } of jobs) {
    if (name.startsWith('watched')) await left.v2.inState(id, 'FINISHED')
    else await until('it is killed', () => app(name)?.publicState === 'KILLED')
  }
  const tookMs = performance.now() - began
  t.comment(`all taken over ${Math.round(tookMs)} ms after the loss`)
  t.ok(tookMs < TAKE_OVER_MS)
  stopped.signal('SIGCONT')
  await world.start('a')
  for (const { name, id } of jobs) {
    if (name.startsWith('ended')) t.match(await left.v2.inState(id, 'KILLED'), { stale: null })
  }
  t.equal(yarn.applications.length, jobs.length)
})
