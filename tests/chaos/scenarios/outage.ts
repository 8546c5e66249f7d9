import type { FaultInput } from '@scheduler-task/sandbox/yarn/faults'
import type { JobView } from '../api.ts'
import { isLive } from '../cluster/cluster.ts'
import type { PlayedApplication } from '../cluster/orders.ts'
import type { Frame, Scenario } from '../frame.ts'
import { eventually, pause } from '../pause.ts'
import type { Random } from '../random.ts'
import { gatherEvidence, isOver, isTrueEnd, storyOf } from '../verdict.ts'
import { createWorld, type World } from '../world.ts'

const TICK_MS = 1000
/** A list of 500 jobs is read and written in that. */
const WORK_MS = 1500
const LAUNCHED_WITHIN_MS = 600_000
const LOST_WITHIN_MS = 120_000
const AT_ONCE = 8
/** The ResourceManager's share of a question's time limit, and a tick. */
const GIVEN_UP_MS = 32_000

/** Something that happens to the ResourceManagers, and its end. */
type Episode = Readonly<{
  name: string
  lastsMs: number
  begin: () => Promise<void> | void
  end: () => Promise<void> | void
  /** From then on every live job is shown as out of date; absent: it need not be. */
  staleAfterMs?: number
}>

export const scenario: Scenario = {
  about:
    '500 jobs while the ResourceManager is away, hangs, fails over, forgets: no state is wrong',
  inCi: { jobs: 60 },
  run: async (frame) => {
    const { amount, checks, print } = frame
    const jobs = amount.jobs ?? 500
    const world = await createWorld(frame, {
      launchers: 'quick',
      variables: { POLL_INTERVAL_MS: String(TICK_MS), MAX_LAUNCHERS: '8' }
    })
    await world.executor.start()
    await submitAll(frame, world, jobs)
    const recoveries: number[] = []
    for (const episode of episodesOf(frame, world, jobs >= 500)) {
      const recoveredMs = await suffer(frame, world, episode)
      recoveries.push(recoveredMs)
      print(`${episode.name}: up to date ${recoveredMs} ms after its end`)
    }
    await forgetSome(frame, world)
    const wrong = await judge(frame, world)
    const slowest = Math.max(...recoveries)
    const slowness = `a machine ${world.executor.slowness.toFixed(1)} times slower than an idle one`
    return `${jobs} jobs, ${recoveries.length + 1} outages, ${wrong} wrong final states, up to date again after ${slowest} ms at most (tick ${TICK_MS} ms, ${slowness}), ${checks.failures.length} wrong`
  }
}

/** A detached Flink job; what its application does is in the config. */
function flinkBody(random: Random, taskName: string): Record<string, unknown> {
  const am = {
    kind: 'managed',
    acceptAfterMs: random.between(5, 300),
    registerAfterMs: random.between(5, 500),
    finishAfterMs: random.chance(0.4) ? null : random.between(5000, 120_000),
    finalStatus: random.pick(['SUCCEEDED', 'SUCCEEDED', 'FAILED'] as const),
    failBeforeRegister: random.chance(0.03)
  }
  const config = `# chaos am=${JSON.stringify(am)}\nenv { }\nsource { FakeStream { } }\ntransform { }\nsink { Console { } }\n`
  return { engine: 'flink', taskName, config }
}

/** All of them are with the ResourceManager when this resolves. */
async function submitAll(frame: Frame, world: World, count: number): Promise<void> {
  const began = Date.now()
  const random = frame.random.fork('jobs')
  const bodies = Array.from({ length: count }, (_, n) => flinkBody(random, `outage-${n}`))
  const waiting = [...bodies.entries()]
  const worker = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) await submit(world, ...next)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
  const launched = await eventually(LAUNCHED_WITHIN_MS, frame.signal, async () => {
    return (await world.api.count('&state=ACCEPTED,LAUNCHING')) === 0 || undefined
  })
  frame.checks.holds(launched === true, 'jobs were not launched in time')
  frame.print(`${count} jobs launched after ${((Date.now() - began) / 1000).toFixed(1)} s`)
}

async function submit({ api }: World, number: number, body: object): Promise<void> {
  const via = number % 2 === 0 ? 'gateway' : 'direct'
  const key = `key-${number}`
  const reply = await api.post('/executor/v2/jobs', body, { via, key })
  if (reply.http !== 202) throw new Error(`a job was answered ${JSON.stringify(reply)}`)
}

function episodesOf(frame: Frame, world: World, isLong: boolean): Episode[] {
  const { cluster, executor } = world
  const { orders } = cluster
  const random = frame.random.fork('episodes')
  const staleAfterMs = TICK_MS + WORK_MS
  const nonsense = random.pick<FaultInput>([
    { kind: 'html' },
    { kind: 'empty' },
    { kind: 'half' },
    { kind: 'status', status: 500 }
  ])
  return [
    { name: 'away', lastsMs: 4000, staleAfterMs, begin: orders.down, end: orders.up },
    {
      name: 'hanging',
      lastsMs: isLong ? GIVEN_UP_MS + 4000 : 4000,
      ...(isLong && { staleAfterMs: GIVEN_UP_MS }),
      begin: cluster.freeze,
      end: cluster.thaw
    },
    {
      name: `nonsense (${nonsense.kind})`,
      lastsMs: 4000,
      staleAfterMs,
      begin: () => orders.faults([nonsense]),
      end: () => orders.faults([])
    },
    {
      name: 'failing over, nobody active meanwhile',
      lastsMs: 4000,
      staleAfterMs,
      begin: orders.noActive,
      end: orders.failover
    },
    {
      name: 'failing over, the other one gone',
      lastsMs: 3000,
      begin: orders.failover,
      end: async () => {
        await orders.down()
        await orders.failover()
      }
    },
    // The second one is active, the first one away.
    {
      name: 'with one of two only',
      lastsMs: 3000,
      begin: () => {},
      end: async () => {
        await orders.up()
        await orders.restart()
      }
    },
    {
      name: 'a restart with memory, the executor killed meanwhile',
      lastsMs: 5000,
      begin: async () => {
        await orders.down()
        await pause(1500, frame.signal)
        await executor.kill()
        await executor.start()
      },
      end: async () => {
        await orders.restart()
        await orders.up()
      }
    }
  ]
}

/** Answers how long after the end of it everything was up to date again, milliseconds. */
async function suffer(frame: Frame, world: World, episode: Episode): Promise<number> {
  const { checks, signal } = frame
  const { name, begin, end } = episode
  const { slowness } = world.executor
  const lastsMs = episode.lastsMs * slowness
  const staleAfterMs = (episode.staleAfterMs ?? Number.POSITIVE_INFINITY) * slowness
  await begin()
  const began = Date.now()
  let staleSeen = 0
  let looks = 0
  const shown: JobView[][] = []
  while (Date.now() - began < lastsMs) {
    const since = Date.now() - began
    const jobs = await world.api.jobs()
    shown.push(jobs)
    looks += 1
    const watched = jobs.filter((one) => !isOver(one) && one.applicationId !== null)
    const fresh = watched.filter(({ stale }) => stale === null)
    staleSeen += watched.length - fresh.length
    if (since > staleAfterMs) {
      const isTold = fresh.length === 0
      checks.holds(
        isTold,
        isTold ? '' : `${name}: ${fresh.length} jobs look fresh after ${since} ms`
      )
    }
    await pause(200, signal)
  }
  await end()
  const ended = Date.now()
  const recovered = await eventually(20_000 * slowness, signal, async () => {
    const jobs = await world.api.jobs()
    shown.push(jobs)
    const seen = jobs.filter((one) => !isOver(one) && one.applicationId !== null)
    return seen.every(({ stale }) => stale === null) || undefined
  })
  const recoveredMs = Date.now() - ended
  await refuteLies(frame, world, shown, name)
  checks.holds(recovered === true, `${name}: jobs are out of date long after its end`)
  const limitMs = (TICK_MS * 1.1 + WORK_MS) * slowness
  checks.holds(recoveredMs <= limitMs, `${name}: up to date only ${recoveredMs} ms after its end`)
  checks.holds(
    looks === 0 || staleAfterMs === Number.POSITIVE_INFINITY || staleSeen > 0,
    `${name}: nothing was shown as out of date`
  )
  return recoveredMs
}

/** Whatever was shown as over at any moment, was over, and so. */
async function refuteLies(
  { checks }: Frame,
  { cluster }: World,
  shown: readonly JobView[][],
  when: string
): Promise<void> {
  const truth = byApplication(await cluster.history())
  for (const jobs of shown) {
    const lies = jobs.filter((job) => isOver(job) && !isTrue(job, truth))
    const what = lies
      .slice(0, 3)
      .map(
        (job) =>
          `${job.taskName} ${job.state} ${job.reason} ${JSON.stringify(truth.get(job.applicationId ?? ''))}`
      )
    checks.holds(lies.length === 0, `${when}: ${lies.length} final states were wrong: ${what}`)
  }
}

function byApplication(applications: readonly PlayedApplication[]) {
  return new Map(applications.map((one) => [one.id, one]))
}

/** LOST only for what the ResourceManager forgot; nothing here is rejected. */
function isTrue(job: JobView, truth: ReadonlyMap<string, PlayedApplication>): boolean {
  const own = truth.get(job.applicationId ?? '')
  if (job.state === 'LOST') return own?.isForgotten === true
  return own !== undefined && isTrueEnd(job, [own])
}

/** A restart of the ResourceManager without memory: LOST, by proof, and the name is free again. */
async function forgetSome(frame: Frame, world: World): Promise<void> {
  const { checks, signal, random, print } = frame
  const { orders } = world.cluster
  await orders.down()
  await pause(2000, signal)
  await orders.forget(0.4)
  await orders.up()
  const ended = Date.now()
  const shown: JobView[][] = []
  const proven = await eventually(LOST_WITHIN_MS, signal, async () => {
    const truth = byApplication(await world.cluster.history())
    const jobs = await world.api.jobs()
    shown.push(jobs)
    const open = jobs.filter(
      (job) => !isOver(job) && truth.get(job.applicationId ?? '')?.isForgotten === true
    )
    return open.length === 0 || undefined
  })
  checks.holds(proven === true, 'what was forgotten is not LOST')
  await refuteLies(frame, world, shown, 'without memory')
  const lost = (await world.api.jobs()).filter(({ state }) => state === 'LOST')
  checks.holds(lost.length > 0, 'nothing was LOST')
  checks.holds(
    lost.every(({ outcome }) => outcome === 'UNKNOWN'),
    'the outcome of what was lost is known'
  )
  print(`without memory: ${lost.length} LOST, proven ${Date.now() - ended} ms after its end`)
  const [first] = lost
  if (!first) return
  const body = flinkBody(random, first.taskName)
  const reply = await world.api.post('/executor/v2/jobs', body)
  checks.holds(reply.http === 202, `a lost name is not free: ${JSON.stringify(reply)}`)
  const runs = await eventually(LOST_WITHIN_MS, signal, async () => {
    const state = (await world.api.get(`/executor/v2/jobs/${reply.body.id}`)).body.state
    // A few are made to fail at once: they have run, too.
    return ['RUNNING', 'FINISHED', 'FAILED'].includes(String(state)) || undefined
  })
  checks.holds(runs === true, 'what was started under a lost name does not run')
}

/** Each record against what the ResourceManager truly held. */
async function judge({ checks }: Frame, world: World): Promise<number> {
  const slackMs = (TICK_MS * 1.1 + WORK_MS) * world.executor.slowness
  await pause(slackMs, AbortSignal.timeout(60_000))
  const evidence = await gatherEvidence(world)
  const truth = byApplication(evidence.applications)
  let wrong = 0
  for (const job of evidence.jobs) {
    const own = truth.get(job.applicationId ?? '')
    const isRight = isOver(job)
      ? isTrue(job, truth)
      : own !== undefined && isLiveOrEnding(own, slackMs)
    if (!isRight) wrong += 1
    checks.holds(isRight, isRight ? '' : `wrong: ${await storyOf(world, job, evidence)}`)
  }
  return wrong
}

/** It may have ended a moment ago. */
function isLiveOrEnding(application: PlayedApplication, slackMs: number): boolean {
  return isLive(application) || application.finishedTime > Date.now() - slackMs
}
