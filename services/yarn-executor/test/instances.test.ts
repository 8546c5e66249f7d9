import { readFile } from 'node:fs/promises'
import { startPostgres } from '@scheduler-task/test-support/postgres-server'
import { startRelay } from '@scheduler-task/test-support/tcp-relay'
import { until } from '@scheduler-task/test-support/until'
import t from 'tap'
import { type Instance, type SharedWorld, startSharedWorld } from './support/instances.ts'

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

/** Printed by a launcher that knows what it is to do wrong. */
const READY = 'the launcher runs'
const HANGING = { hangAt: 'before-submit', ignoreSigterm: true } as const

async function untilRuns({ ask }: SharedWorld, id: string): Promise<void> {
  await until('its launcher runs', async () => {
    const { directory } = await ask('select directory from attempts where submission_id = $1', id)
    const output = await readFile(`${directory}/stdout`, 'utf8').catch(() => '')
    return output.includes(READY)
  })
}

async function readiness({ url }: Instance) {
  const answer = await fetch(`${url}/ready`)
  return { http: answer.status, ...((await answer.json()) as { checks: Record<string, string> }) }
}

const live = (state: string) => !['FINISHED', 'FAILED', 'KILLED'].includes(state)

t.test('one that stood still has lost its work when it comes back, and does no harm', async (t) => {
  const world = await startSharedWorld(t, postgres, { MAX_DRIVERS: '9', MAX_LAUNCHERS: '9' })
  const { yarn, cluster } = world
  const [one, other] = [await world.start('a'), await world.start('b')]
  await cluster.setFaults({
    pauseAt: 'before-submit',
    pauseMs: 9000,
    spoofedLines: [READY]
  })
  const { id } = (await one.v2.submit('slow')).body
  await one.v2.inState(id, 'LAUNCHING')
  await untilRuns(world, id)
  await cluster.setFaults({})
  one.signal('SIGSTOP')
  const began = performance.now()
  const waits = await until('another one has taken it', async () => {
    const { body } = await other.v2.get(`/jobs/${id}`)
    return body.stale?.reason === 'HOST_UNREACHABLE' && body
  })
  t.equal(waits.state, 'LAUNCHING')
  t.comment(`taken over ${Math.round(performance.now() - began)} ms after it was stopped`)
  await other.v2.inState(id, 'SUBMITTED', 'RUNNING')
  one.signal('SIGCONT')
  await until('it has a new lease', () => /the lease is lost/.test(one.log()))
  await one.v2.inState(id, 'RUNNING')
  const submitted = (await one.v2.submit('next')).body
  await one.v2.inState(submitted.id, 'RUNNING')
  t.strictSame(
    yarn.applications.map(({ name, publicState }) => [name, live(publicState)]),
    [
      ['slow', true],
      ['next', true]
    ]
  )
  t.equal((await other.v2.post(`/jobs/${id}/stop`)).http, 202)
  await one.v2.inState(id, 'KILLED')
})

t.test('what may still submit on an unreachable host is never launched again', async (t) => {
  const world = await startSharedWorld(t, postgres, { MAX_DRIVERS: '9', MAX_LAUNCHERS: '9' })
  const { yarn, cluster } = world
  const [one, other] = [await world.start('a'), await world.start('b')]
  await cluster.setFaults({ ...HANGING, spoofedLines: [READY] })
  const ids: string[] = []
  for (const name of ['left', 'closed']) {
    const { id } = (await one.v2.submit(name)).body
    await one.v2.inState(id, 'LAUNCHING')
    ids.push(id)
  }
  for (const id of ids) await untilRuns(world, id)
  await one.kill()
  await cluster.setFaults({})
  const [left, closed] = ids
  for (const id of ids) {
    await until('it says why it waits', async () => {
      const { body } = await other.v2.get(`/jobs/${id}`)
      return body.stale?.reason === 'HOST_UNREACHABLE'
    })
  }
  const { body } = await other.v2.get(`/jobs/${left}/events`)
  const said = body.items.find(({ what }: { what: string }) => what === 'host-unreachable')
  t.match(said, { detail: /host-a/ })
  t.match((await other.v2.post(`/jobs/${closed}/close`, { text: 'gone for good' })).body, {
    state: 'LOST'
  })
  // Far longer than anything here takes to be launched again.
  await world.start('c')
  const after = (await other.v2.submit('after')).body
  await other.v2.inState(after.id, 'RUNNING')
  t.match((await other.v2.get(`/jobs/${left}`)).body, { state: 'LAUNCHING', applicationId: null })
  t.strictSame(
    yarn.applications.map(({ name }) => name),
    ['after']
  )
  await world.start('a')
  t.equal((await other.v2.post(`/jobs/${left}/stop`)).http, 202)
  t.match(await other.v2.inState(left ?? '', 'KILLED'), { reason: 'CANCELLED', stale: null })
})

t.test('cut off from the database: its waiting jobs are launched elsewhere, once', async (t) => {
  const world = await startSharedWorld(t, postgres, { MAX_LAUNCHERS: '1', MAX_DRIVERS: '9' })
  const { yarn, cluster } = world
  const url = new URL(world.databaseUrl)
  const relay = await startRelay(t, Number(url.port))
  url.port = String(relay.port)
  const one = await world.start('a', { DATABASE_URL: url.href })
  const other = await world.start('b')
  await cluster.setFaults({ ...HANGING, spoofedLines: [READY] })
  const { id: hangs } = (await one.v2.submit('hangs')).body
  await one.v2.inState(hangs, 'LAUNCHING')
  await untilRuns(world, hangs)
  const names = ['w1', 'w2', 'w3']
  const ids = await Promise.all(names.map(async (name) => (await one.v2.submit(name)).body.id))
  await cluster.setFaults({})
  relay.silence()
  const began = performance.now()
  for (const id of ids) await other.v2.inState(id, 'RUNNING')
  t.comment(`launched ${Math.round(performance.now() - began)} ms after the cut`)
  await until('it has noticed', () => /the lease is lost/.test(one.log()))
  t.match(await readiness(one), { http: 503, checks: { lease: 'unavailable' } })
  t.match(await readiness(other), { http: 200, checks: { lease: 'ok' } })
  relay.cut()
  relay.mend()
  for (const id of ids) await one.v2.inState(id, 'RUNNING')
  await until('it takes work again', async () => (await readiness(one)).http === 200)
  const again = (await one.v2.post(`/jobs/${hangs}/stop`)).http
  t.equal(again, 202)
  await other.v2.inState(hangs, 'KILLED')
  t.strictSame(yarn.applications.map(({ name }) => name).sort(), names)
})

t.test('v1 through any instance: stop and restart of what another one has', async (t) => {
  const world = await startSharedWorld(t, postgres, { MAX_DRIVERS: '9', MAX_LAUNCHERS: '9' })
  const { yarn } = world
  const [one, other] = [await world.start('a'), await world.start('b')]
  const body = { master: 'yarn', 'deploy-mode': 'client', configFile: 'endless.conf' }
  const started = await one.post('/executor/start/spark', { ...body, taskName: 'x' })
  t.equal(started.statusCode, 200)
  t.match(await other.post('/executor/start/spark', { ...body, taskName: 'x' }), {
    statusCode: 150,
    error: { applicationId: started.data }
  })
  const restarted = await other.post(`/executor/restart/spark/${started.data}`, {
    ...body,
    taskName: 'x'
  })
  t.equal(restarted.statusCode, 200)
  t.match(await one.post(`/executor/stop/${restarted.data}`), { data: true })
  t.strictSame(
    yarn.applications.map(({ publicState }) => publicState),
    ['KILLED', 'KILLED']
  )
})

t.test('two on one host serve each other, and one that starts again goes on at once', async (t) => {
  const world = await startSharedWorld(t, postgres, { MAX_DRIVERS: '9', MAX_LAUNCHERS: '9' })
  const host = { HOST_ID: 'shared' }
  const [one, other] = [await world.start('a', host), await world.start('b', host)]
  const { id } = (await one.v2.submit('kept')).body
  await one.v2.inState(id, 'RUNNING')
  const began = performance.now()
  await one.kill()
  t.equal((await other.v2.post(`/jobs/${id}/stop`)).http, 202)
  t.match(await other.v2.inState(id, 'KILLED'), { stale: null })
  t.comment(`proven ${Math.round(performance.now() - began)} ms after the kill`)
  t.ok(performance.now() - began < TAKE_OVER_MS)
})
