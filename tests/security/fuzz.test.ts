import { randomInt } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { claimsOf, mintToken } from '@scheduler-task/auth/test-support/mint-token'
import { needsRedis } from '@scheduler-task/auth/test-support/redis-server'
import { until, untilWithin } from '@scheduler-task/test-support/until'
import t, { type Test } from 'tap'
import { request } from 'undici'
import { freshDirectory } from '../support/fresh-directory.ts'
import { type PartName, SECRET, type System, startSystem } from '../support/system.ts'
import { createLeakCheck } from './support/leaks.ts'
import { memoryMb, treeOf } from './support/memory.ts'
import { fuzz, installSchemathesis } from './support/schemathesis.ts'

// Requests made from the OpenAPI documents, as good and as bad as their schemas allow. Whatever is asked: no 500, no
// crash, every answer as the document says, and none that tells about the inside.

/** FUZZ_SEED repeats a run; FUZZ_SECONDS makes it longer. */
const SEED = Number(process.env.FUZZ_SEED || randomInt(1_000_000_000))
const TIMES = Number(process.env.FUZZ_SECONDS || 45) / 45
const SECONDS: Record<PartName, number> = { gateway: 45, files: 14, executor: 17, azkaban: 14 }
const LEAST_CASES = 30
/** What a process may have grown by: V8 gives its heap back late. */
const MOST_GROWN_MB = 250
const SESSION = 'session-of-this-test'

/** Streams have no end, and a log-out would be the end of all that follows. */
const EXCEPT = ['/executor/v2/events', '/auth/logout']

/** Ends the jobs that were started: a launcher outlives its executor. */
async function endJobs({ parts }: System, token: string): Promise<void> {
  const jobs = `${parts.executor.url}/executor/v2/jobs`
  const headers = { token }
  await untilWithin(60_000, 'all jobs have ended', async () => {
    const { body } = await request(`${jobs}?limit=200`, { headers })
    const { items } = (await body.json()) as { items: { id: string; state: string }[] }
    const live = items.filter(({ state }) => !/FINISHED|FAILED|KILLED|REJECTED|LOST/.test(state))
    for (const { id } of live) {
      const stopped = await request(`${jobs}/${id}/stop`, { method: 'POST', headers })
      await stopped.body.dump()
    }
    return live.length === 0
  })
}

type Fuzzed = { system: System; program: string; token: string }

async function fuzzPart(t: Test, fuzzed: Fuzzed, name: PartName): Promise<void> {
  const { system, program, token } = fuzzed
  const { url, pid } = system.parts[name]
  const before = memoryMb(pid)
  const { cases, failures, answers } = await fuzz({
    program,
    url,
    token,
    seed: SEED,
    seconds: Math.ceil(SECONDS[name] * TIMES),
    directory: join(freshDirectory(t), name),
    exceptPaths: EXCEPT
  })
  t.comment(`${name}: ${cases} cases, seed ${SEED}, ${before} MB → ${memoryMb(pid)} MB`)
  t.ok(cases >= LEAST_CASES, `${name}: ${cases} cases`)
  t.equal(failures, '', `${name}: every answer is as its document says (FUZZ_SEED=${SEED})`)
  const leaks = createLeakCheck(system)
  const told = answers.map((text) => [leaks.inAnswer(text), text]).filter(([leak]) => leak)
  t.strictSame(told.slice(0, 5), [], `${name}: no answer tells about the inside`)
  t.ok(memoryMb(pid) - before < MOST_GROWN_MB, `${name}: the memory has not grown beyond bounds`)
}

t.test('requests made from the documents', needsRedis('@scheduler-task/tests'), async (t) => {
  const program = await installSchemathesis()
  const system = await startSystem(t)
  const pids = Object.values(system.parts).map(({ pid }) => pid)
  await mkdir(join(system.files, 'c', 'test'), { recursive: true })
  await writeFile(join(system.files, 'c', 'test', 'test.txt'), 'what the documents’ examples read')
  await system.redis.client.set(SESSION, '{"roles":["admin"]}')
  const token = mintToken(SECRET, claimsOf(SESSION))
  t.teardown(() => endJobs(system, token))

  const fuzzed = { system, program, token }
  const services = async () => {
    for (const name of ['files', 'executor', 'azkaban'] as const) {
      await fuzzPart(t, fuzzed, name)
    }
  }
  await Promise.all([fuzzPart(t, fuzzed, 'gateway'), services()])

  const leaks = createLeakCheck(system)
  for (const [name, { url, pid, output }] of Object.entries(system.parts)) {
    t.ok(pids.includes(pid) && treeOf(pid).length > 0, `${name} is the process that it was`)
    await until(`${name} is ready`, async () => (await request(`${url}/ready`)).statusCode === 200)
    const lines = output().split('\n')
    t.strictSame(
      lines.filter((line) => /"level":[56]0/.test(line)).slice(0, 3),
      [],
      `${name} met no error of its own`
    )
    t.equal(leaks.inLog(output(), token), undefined, `${name} logs no secrets`)
  }
})
