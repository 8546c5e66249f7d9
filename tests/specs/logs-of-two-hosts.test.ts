import { appendFile, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { needsRedis, startRedis } from '@scheduler-task/auth/test-support/redis-server'
import { writeSampleConfigs } from '@scheduler-task/sandbox/launchers/sample-configs'
import { writeSandboxCluster } from '@scheduler-task/sandbox/launchers/sandbox-cluster'
import { startYarn } from '@scheduler-task/sandbox/yarn/yarn'
import { freePort } from '@scheduler-task/test-support/free-port'
import { startPostgres } from '@scheduler-task/test-support/postgres-server'
import { until } from '@scheduler-task/test-support/until'
import t, { type Test } from 'tap'
import { request } from 'undici'
import { freshDirectory } from '../support/fresh-directory.ts'
import { startService } from '../support/service-process.ts'
import { logIn, PASSWORD, SECRET } from '../support/system.ts'

// The gateway asks one executor, the log lies with another one on a second host, and sessions are in Redis: each of
// the three looks the caller's session up for itself.

const redisNeeded = needsRedis('@scheduler-task/tests')

async function startTwoHosts(t: Test) {
  const redis = await startRedis(t)
  const postgres = await startPostgres(t)
  const yarn = await startYarn()
  t.teardown(() => yarn.close())
  const dir = freshDirectory(t)
  const files = join(dir, 'files')
  await mkdir(files)
  await writeSampleConfigs(files)
  const cluster = await writeSandboxCluster(join(dir, 'sandbox'), { resourceManagerUrl: yarn.url })
  const sessions = { REDIS_URL: redis.url, JWT_SECRET: SECRET }
  const DATABASE_URL = await postgres.createDatabase()
  const start = async (name: string) => {
    const PORT = String(await freePort())
    return await startService(t, '@scheduler-task/yarn-executor', {
      ...cluster.environment,
      ...sessions,
      DATABASE_URL,
      FILE_ROOT: files,
      YARN_RM_URL: yarn.url,
      DATA_DIR: join(dir, name),
      HOST_ID: name,
      PORT,
      INSTANCE_URL: `http://127.0.0.1:${PORT}`
    })
  }
  const keeper = await start('keeper')
  const other = await start('other')
  const gateway = await startService(t, '@scheduler-task/gateway', {
    ...sessions,
    DATA_DIR: join(dir, 'gateway'),
    ADMIN_PASSWORD: PASSWORD,
    EXECUTOR_URL: other.url
  })
  return { keeper, gateway, directoryOf: (name: string) => join(dir, name) }
}

t.test(
  'a log on another host is read through the gateway for as long as the session lasts',
  {
    ...redisNeeded
  },
  async (t) => {
    const { keeper, gateway, directoryOf } = await startTwoHosts(t)
    const headers = { token: await logIn(gateway.url), 'content-type': 'application/json' }
    const submission = {
      engine: 'spark',
      configFile: 'application.spark.conf',
      taskName: 'far-away'
    }
    const submitted = await request(`${keeper.url}/executor/v2/jobs`, {
      method: 'POST',
      headers,
      body: JSON.stringify(submission)
    })
    const { id } = (await submitted.body.json()) as { id: string }
    t.equal(submitted.statusCode, 202)
    const path = `${gateway.url}/executor/v2/jobs/${id}`
    await until('it runs', async () => {
      const { body } = await request(path, { headers })
      return ((await body.json()) as { state: string }).state === 'RUNNING'
    })

    const { statusCode, body } = await request(`${path}/log?follow`, { headers })
    t.equal(statusCode, 200)
    const read = { text: '', isOver: false }
    body.on('data', (bytes) => {
      read.text += bytes
    })
    body.on('close', () => (read.isOver = true))
    body.on('error', () => {})
    const stdout = join(directoryOf('keeper'), 'attempts', `${id}-1`, 'stdout')
    await appendFile(stdout, 'a word from the other host\n')
    await until('the word is here', () => read.text.includes('a word from the other host'))

    const out = await request(`${gateway.url}/auth/logout`, { method: 'POST', headers, body: '{}' })
    t.equal(out.statusCode, 200)
    await out.body.dump()
    await until('the stream ends with the session', () => read.isOver)
    t.notMatch(read.text, 'event: end', 'which is not the end of the log')
    const refused = await request(`${path}/log`, { headers })
    await refused.body.dump()
    t.equal(refused.statusCode, 401)

    const again = { token: await logIn(gateway.url), 'content-type': 'application/json' }
    const last = /.*^id: (\d+)$/ms.exec(read.text)?.[1]
    await appendFile(stdout, 'a later word\n')
    const rest = await until('it goes on with a new session', async () => {
      const { body } = await request(`${path}/log?from=${last}`, { headers: again })
      const text = await body.text()
      return text.includes('a later word') && text
    })
    t.notMatch(rest, 'a word from the other host')
    const stop = await request(`${path}/stop`, { method: 'POST', headers: again, body: '{}' })
    t.ok(stop.statusCode < 300, `${stop.statusCode}: ${await stop.body.text()}`)
    await until('it is stopped', async () => {
      const { body } = await request(path, { headers: again })
      return ((await body.json()) as { state: string }).state === 'KILLED'
    })
  }
)
