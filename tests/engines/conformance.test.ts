import { writeSampleConfigs } from '@scheduler-task/sandbox/launchers/sample-configs'
import { untilWithin } from '@scheduler-task/test-support/until'
import t from 'tap'
import { checkDocumentedCall, checkFailingCall, checkV2Call } from '../conformance/call-checks.ts'
import type { Facts, Given } from '../conformance/documented-call.ts'
import { documentedCalls } from '../conformance/documented-calls.ts'
import { failingCalls } from '../conformance/failures.ts'
import { v2Calls } from '../conformance/v2-calls.ts'
import { door } from '../conformance/world.ts'
import { freshDirectory } from '../support/fresh-directory.ts'
import { isLong } from './effort.ts'
import { down, up } from './engines.ts'
import { Executor } from './executor.ts'

// The executor's part of the table that `tests/conformance` holds against the sandbox, on a real YARN.

/** A shared machine may be slow; nothing here is measured against it. */
const waitMs = 120_000
const names = { spark: 'testSpark', flink: 'testFlink' } as const
/** Each of them launches one or two real jobs. */
const needsJobs: readonly Given[] = [
  'config files',
  'a running Spark application',
  'a running Flink application'
]

/** What of the table is not asked here, and why. */
const elsewhere = [
  { path: /^\/azkaban\//, why: 'Azkaban, see real-azkaban.test.ts' },
  { path: /^\/file\//, why: 'no engine has a part in it' },
  { path: /%2f/, why: 'which service such a path is for is asked of a gateway, and there is none' }
]

const engines = await up(process.env, (line) => t.comment(line))
if (engines.started) t.teardown(() => down(process.env, false))
const files = freshDirectory(t)
await writeSampleConfigs(files)
const executor = await Executor.start(t, engines.environment, { FILE_ROOT: files })
const { rm } = executor
const user = String(engines.environment.YARN_USER)
const straight = door('the service', () => executor.url, '')

for (const call of documentedCalls.filter(isAsked)) {
  if (needsJobs.includes(call.given) && !isLong) continue
  t.test(call.section, async (t) => {
    const began = performance.now()
    await checkDocumentedCall(t, { door: straight, call, facts: await arrange(call.given) })
    t.comment(`${call.section}: ${((performance.now() - began) / 1000).toFixed(1)} s`)
  })
}

for (const given of ['nothing', 'config files', 'a running Spark application'] as const) {
  const needsJob = given === 'a running Spark application'
  if (needsJob && !isLong) continue
  t.test(`/executor/v2 with ${given}`, async (t) => {
    const facts = needsJob ? await running('spark') : {}
    for (const call of v2Calls.filter((one) => one.given === given)) {
      await checkV2Call(t, { door: straight, call, facts })
    }
  })
}

t.test('calls that cannot succeed', async (t) => {
  await clear()
  const id = await rm.submitSleep('ended', user)
  await kill([id])
  const known = (await rm.allApps()).length
  const calls = failingCalls.filter(isAsked)
  t.ok(calls.length > 40, `${calls.length} calls`)
  for (const call of calls)
    await checkFailingCall(t, { door: straight, call, facts: { applicationId: id } })
  t.equal((await rm.allApps()).length, known, 'no application was started')
})

function isAsked({ path }: Readonly<{ path: string }>): boolean {
  return !elsewhere.some((one) => one.path.test(path))
}

/** Makes what a call needs; a job that runs already is good enough. */
async function arrange(given: Given): Promise<Facts> {
  if (given === 'a running Spark application') return await running('spark')
  if (given === 'a running Flink application') return await running('flink')
  await clear()
  return {}
}

async function running(engine: keyof typeof names): Promise<Facts> {
  const taskName = names[engine]
  const own = (await rm.liveApps()).find(({ name }) => name === taskName)
  const id = own?.id ?? (await start(engine, taskName))
  await untilWithin(waitMs, `${id} runs`, async () => (await rm.app(id)).state === 'RUNNING')
  return { applicationId: id }
}

async function start(engine: keyof typeof names, taskName: string): Promise<string> {
  const configFile = engine === 'spark' ? 'application.spark.conf' : 'application.conf'
  const body = { configFile, taskName }
  const started = await straight.call('POST', `/executor/start/${engine}`, { body })
  if (started.body.statusCode !== 200) throw new Error(`not arranged: ${started.text}`)
  return String(started.body.data)
}

/** Ends every application, whoever has started it: the document has a call that lists none. */
async function clear(): Promise<void> {
  const live = await rm.liveApps()
  const own = live.filter(({ name }) => Object.values<string>(names).includes(name))
  for (const { id } of own) await straight.call('POST', `/executor/stop/${id}`)
  await kill(live.filter((app) => !own.includes(app)).map(({ id }) => id))
}

async function kill(ids: readonly string[]): Promise<void> {
  for (const id of ids) await rm.kill(id, user)
  await untilWithin(waitMs, `${ids} are over`, async () =>
    (await rm.liveApps()).every(({ id }) => !ids.includes(id))
  )
}
