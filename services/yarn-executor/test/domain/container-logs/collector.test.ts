import { until } from '@scheduler-task/test-support/until'
import t from 'tap'
import { type Collecting, collecting } from '../../support/collecting.ts'

const numbered = (from: number, to: number, width = 20) =>
  Array.from({ length: to - from }, (_, index) => `${from + index} ${'x'.repeat(width)}\n`)

const numbersOf = (texts: string[]) => texts.map((text) => Number(text.split(' ')[0]))
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index)

function sourcesOf({ yarn }: Collecting, app: string) {
  const [am = '', executor = ''] = yarn.containersOf(app)
  return { am, executor, out: `am/${am}/stdout`, errors: `container/${executor}/stderr` }
}

t.test('a job that somebody follows: its driver and its executors, as they write', async (t) => {
  const given = await collecting(t)
  const { yarn, run, texts, followed, collect, finish, ended } = given
  const job = await run()
  const { am, executor, out, errors } = sourcesOf(given, job.app)
  followed.add(job.id)
  collect()
  for (let at = 0; at < 100; at += 10) {
    yarn.logIn(am, 'stdout', numbered(at, at + 10).join(''))
    yarn.logIn(executor, 'stderr', `${at} half of `)
    await until(`line ${at + 9}`, async () => (await texts(job.id, out)).length === at + 10)
    yarn.logIn(executor, 'stderr', 'a line\r\n')
  }
  await until('the executor’s', async () => (await texts(job.id, errors)).length === 10)
  t.strictSame(numbersOf(await texts(job.id, out)), upTo(100), 'no gap, no repeat')
  t.match(await texts(job.id, errors), [/^0 half of a line$/])
  yarn.logIn(am, 'stdout', 'the last line has no end')
  await finish(job)
  await until('the log has ended', () => ended(job.id))
  t.equal((await texts(job.id, out)).at(-1), 'the last line has no end')
  const sources = new Set((await given.lines(job.id)).map(({ source }) => source))
  t.notOk([...sources].some((one) => /launch_container|directory|prelaunch/.test(one)))
  t.ok(
    [...sources].every((one) => one.startsWith('am/') || one.startsWith('container/')),
    [...sources].join(' ')
  )
})

t.test('killed again and again while it collects: no gap, no repeat', async (t) => {
  const given = await collecting(t)
  const { yarn, run, texts, followed, collect, finish, ended } = given
  const job = await run()
  const { am, out } = sourcesOf(given, job.app)
  followed.add(job.id)
  for (let at = 0; at < 3000; at += 500) {
    const kill = collect()
    for (const line of numbered(at, at + 500, 900)) yarn.logIn(am, 'stdout', line)
    await until('some of it is in', async () => (await texts(job.id, out)).length > at)
    await kill()
  }
  await finish(job)
  collect()
  await until('the log has ended', () => ended(job.id))
  t.strictSame(await texts(job.id, 'executor'), [])
  t.strictSame(numbersOf(await texts(job.id, out)), upTo(3000))
})

t.test(
  'a log that was rotated is read on, and one that runs away is cut, with a word on it',
  async (t) => {
    const given = await collecting(t)
    const { yarn, run, texts, followed, collect } = given
    const job = await run()
    const { am, out } = sourcesOf(given, job.app)
    followed.add(job.id)
    yarn.logIn(am, 'stdout', 'before the rotation\n')
    collect()
    await until('it is read', async () => (await texts(job.id, out)).length === 1)
    yarn.rotate(am, 'stdout', 'after the rotation, and longer than the first one was\n')
    await until('it is read on', async () => (await texts(job.id, out)).length === 2)
    t.match(await texts(job.id, out), ['before the rotation', /^after the rotation/])
    t.match(await texts(job.id, 'executor'), [
      `${out} has been begun anew, and is read from its first byte`
    ])
  }
)

t.test(
  'a node out of reach costs little, is told once, and what it has comes when it is back',
  async (t) => {
    const given = await collecting(t)
    const { yarn, run, texts, followed, collect } = given
    const jobs = await Promise.all(upTo(20).map(() => run()))
    for (const { id } of jobs) followed.add(id)
    const [first = { id: '', app: '' }] = jobs
    const { am, out } = sourcesOf(given, first.app)
    yarn.faults.add({ kind: 'hang', path: '/ws/v1/node/*' })
    let kill = collect()
    await until('it is told', async () => (await texts(first.id, 'executor')).length === 1)
    await until('all are told', async () => {
      const told = await Promise.all(
        jobs.map(async ({ id }) => (await texts(id, 'executor')).length)
      )
      return told.every((count) => count === 1)
    })
    const calls = Object.values(yarn.nodeManagerRequests).reduce((sum, one) => sum + one, 0)
    t.ok(calls <= 16, `${calls} calls to a node that hangs, for 20 jobs`)
    const [text] = await texts(first.id, 'executor')
    t.match(
      text,
      /^the logs on 127\.0\.0\.1:\d+ cannot be read now: NodeManager gave no answer in time; /
    )
    await kill()
    kill = collect()
    yarn.faults.clear()
    yarn.logIn(am, 'stdout', 'meanwhile\n')
    await until('it is read', async () => (await texts(first.id, out)).length === 1)
    t.equal((await texts(first.id, 'executor')).length, 1, 'also after a restart')
    await kill()
  }
)

t.test('what was not read live comes from the history server, each byte once', async (t) => {
  const given = await collecting(t, { aggregation: { afterMs: 0, gapMs: 700 } })
  const { yarn, run, texts, followed, collect, finish, ended } = given
  const job = await run()
  const { am, executor, out, errors } = sourcesOf(given, job.app)
  followed.add(job.id)
  yarn.logIn(am, 'stdout', numbered(0, 50).join(''))
  const kill = collect()
  await until('half is read', async () => (await texts(job.id, out)).length === 50)
  await kill()
  yarn.logIn(am, 'stdout', numbered(50, 100).join(''))
  yarn.logIn(executor, 'stderr', 'of the executor\n')
  await finish(job)
  collect()
  await until('the log has ended', () => ended(job.id))
  t.strictSame(numbersOf(await texts(job.id, out)), upTo(100))
  t.strictSame(await texts(job.id, errors), ['of the executor'], 'it was never seen alive')
})

t.test('what only the history server knows comes whole, however long it is', async (t) => {
  const given = await collecting(t, { aggregation: { afterMs: 0, gapMs: 100 } })
  const { yarn, run, texts, followed, collect, finish, ended } = given
  const job = await run()
  const { am, executor, out, errors } = sourcesOf(given, job.app)
  followed.add(job.id)
  yarn.logIn(am, 'stdout', 'of the driver\n')
  const kill = collect()
  await until('the driver is read', async () => (await texts(job.id, out)).length === 1)
  await kill()
  // The next process has not seen it alive, and one look does not take all of it.
  yarn.logIn(executor, 'stderr', numbered(0, 3000, 1000).join(''))
  await finish(job)
  collect()
  await until('the log has ended', () => ended(job.id))
  t.strictSame(numbersOf(await texts(job.id, errors)), upTo(3000))
})

t.test('a file whose name is as long as a name may be holds nothing up', async (t) => {
  const given = await collecting(t)
  const { yarn, run, texts, followed, collect, finish, ended } = given
  const job = await run()
  const { executor } = sourcesOf(given, job.app)
  const name = 'n'.repeat(255)
  followed.add(job.id)
  collect()
  yarn.logIn(executor, name, 'one\n')
  const source = `container/${executor}/${name}`
  await until('it is read', async () => (await texts(job.id, source)).length === 1)
  await finish(job)
  await until('the log has ended', () => ended(job.id))
})

t.test('what nobody has any more is told, and the log ends', async (t) => {
  const given = await collecting(t, { logRetainMs: 0 })
  const { yarn, run, texts, followed, collect, finish, ended } = given
  const job = await run()
  const { am, out } = sourcesOf(given, job.app)
  followed.add(job.id)
  yarn.logIn(am, 'stdout', 'seen\n')
  const kill = collect()
  await until('it is read', async () => (await texts(job.id, out)).length === 1)
  await kill()
  yarn.logIn(am, 'stdout', 'not seen\n')
  await finish(job)
  collect({ patienceMs: 500 })
  await until('the log has ended', () => ended(job.id))
  t.match(
    (await texts(job.id, 'executor')).at(-1),
    /could not be read: NodeManager has no such log; no log server is configured/
  )
  t.strictSame(await texts(job.id, out), ['seen'])
})

t.test('what the NodeManager did before the launch is shown of failures', async (t) => {
  const given = await collecting(t)
  const { run, lines, collect, finish, ended } = given
  const job = await run({ maxAttempts: 1 })
  collect()
  await finish(job, 'FAILED')
  await until('the log has ended', () => ended(job.id))
  const sources = (await lines(job.id)).map(({ source }) => source)
  t.ok(sources.some((one) => one.endsWith('prelaunch.out')))
})

t.test('200 jobs that nobody follows: requests and connections stay few', async (t) => {
  const given = await collecting(t)
  const { yarn, run, collect } = given
  for (let count = 0; count < 200; count += 1) await run()
  const seldomMs = 1000
  collect({ seldomMs })
  const sum = (counts: Readonly<Record<string, number>>) =>
    Object.values(counts).reduce((all, one) => all + one, 0)
  await until('each was looked at', () => sum(yarn.nodeManagerRequests) >= 200)
  const before = [sum(yarn.nodeManagerRequests), sum(yarn.requests)] as const
  const since = performance.now()
  await until('some rounds later', () => sum(yarn.nodeManagerRequests) >= before[0] + 900)
  const rounds = (performance.now() - since) / (seldomMs * 0.8)
  const perRound = [
    (sum(yarn.nodeManagerRequests) - before[0]) / rounds / 200,
    (sum(yarn.requests) - before[1]) / rounds / 200
  ] as const
  t.comment(
    `for each job and round: ${perRound[0].toFixed(2)} to its nodes, ${perRound[1].toFixed(2)} to the ResourceManager`
  )
  t.ok(perRound[0] < 3, 'a list of files of the ApplicationMaster, now and then of the executor')
  t.ok(perRound[1] < 1, 'a list of containers in every fourth round, not in each')
})

t.test('all secrets of a job are masked, wherever they were given', async (t) => {
  const given = await collecting(t)
  const { yarn, run, texts, collect } = given
  const settings = {
    queue: null,
    variables: { db_password: 'of-a-variable' },
    conf: {
      'spark.secret.key': 'of-a-conf',
      'spark.driver.extraJavaOptions': '-Xmx1g -Dstore.password=of-an-option'
    },
    args: ['--token', 'of-an-argument'],
    mainClass: null
  }
  const job = await run({}, { settings })
  const { am, out } = sourcesOf(given, job.app)
  const words = ['a-variable', 'a-conf', 'an-option', 'an-argument', 'the-launchers']
  for (const word of words) yarn.logIn(am, 'stdout', `seen: of-${word}\n`)
  collect()
  await until('all are in', async () => (await texts(job.id, out)).length === words.length)
  t.strictSame(
    await texts(job.id, out),
    words.map(() => 'seen: ******')
  )
})

t.test(
  'what is left out is told, with where it is found; the driver of a second attempt never is',
  async (t) => {
    const given = await collecting(t)
    const { yarn, run, texts, lines, followed, collect, finish, ended } = given
    const job = await run({}, { executors: 40 })
    const { am, out } = sourcesOf(given, job.app)
    followed.add(job.id)
    for (let at = 0; at < 12; at += 1) yarn.logIn(am, `a-${at}.txt`, 'measured\n')
    yarn.logIn(am, 'stdout', 'a word\n')
    for (const one of yarn.containersOf(job.app)) yarn.logIn(one, 'stderr', 'x\n')
    const kill = collect()
    // A node that is slow for a moment is told of as well.
    const told = async () =>
      (await texts(job.id, 'executor')).filter((text) => text.includes('left out here'))
    await until('all is told', async () => (await told()).length === 2)
    t.strictSame(await texts(job.id, out), ['a word'], 'what says how it went has room')
    const [files, containers] = (await told()).sort()
    t.match(files, `4 log files of ${am} are left out here, which has 10 of each container: a-`)
    t.match(files, `yarn logs -containerId ${am}`)
    t.match(containers, 'the logs of 11 containers are left out here, which has those of 30: http')
    t.match(containers, /\/node\/containerlogs\/container_\S+, 1 more\. .*yarn logs -application/)
    yarn.failAttempt(job.app)
    yarn.advance(job.app, 'RUNNING', { executors: 60 })
    const second = sourcesOf(given, job.app)
    yarn.logIn(second.am, 'stdout', 'second\n')
    const detail = `${second.am} on ${yarn.nodeManagerUrl} (127.0.0.1:45454), logs of alice`
    const note = { submissionId: job.id, who: 'resource-manager', what: 'am-container', detail }
    await given.store.note(note)
    await until('the new driver’s', async () => (await texts(job.id, second.out)).length === 1)
    await until('that they are more', async () => (await told()).length === 3)
    t.match((await told()).at(-1), 'the logs of 71 containers are left out here')
    await kill()
    await finish(job)
    collect()
    await until('the log has ended', () => ended(job.id))
    t.equal((await told()).length, 3, 'nothing is told twice, also after a restart')
    const sources = new Set((await lines(job.id)).map(({ source }) => source.split('/')[1]))
    t.ok(sources.size > 30)
  }
)
