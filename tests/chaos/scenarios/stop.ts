import type { JobView, Via } from '../api.ts'
import { isLive } from '../cluster/cluster.ts'
import type { PlayedApplication } from '../cluster/orders.ts'
import type { Frame, Scenario } from '../frame.ts'
import { type JobPlan, planJob, WRAPPERS } from '../job-plan.ts'
import { killWhile } from '../killing.ts'
import { eventually, pause } from '../pause.ts'
import type { Random } from '../random.ts'
import { jobNow, jobThatRuns, submitUntilAccepted } from '../retrying-client.ts'
import { applicationsOf, gatherEvidence, isOver, storyOf } from '../verdict.ts'
import { createWorld, type World } from '../world.ts'

const CLIENTS = 4
const RUNS_WITHIN_MS = 20_000
const ENDS_WITHIN_MS = 90_000
/** Kills that a slow ResourceManager needs. */
const POLLS = [0, 0, 3, 20] as const

/** Somebody was told that a job is stopped, and when; `left` is what was alive at that moment. */
type Told = Readonly<{ id: string; at: number; by: 'v1' | 'v2'; left: readonly string[] }>
type Work = { isOver: boolean; told: Told[]; wishes: Set<string> }

export const scenario: Scenario = {
  about: 'stops under way while the executor is killed: told stopped means nothing is left',
  inCi: { kills: 8 },
  run: async (frame) => {
    const { checks, signal } = frame
    const world = await createWorld(frame, { variables: { MAX_LAUNCHERS: '6', MAX_DRIVERS: '12' } })
    await world.executor.start()
    const bystanders = await startBystanders(frame, world)
    const work: Work = { isOver: false, told: [], wishes: new Set() }
    const clients = [
      ...Array.from({ length: CLIENTS }, (_, n) => stopperOf(frame, world, work, n)),
      slowDown(frame, world, work)
    ]
    const kills = await killWhile({ work, clients }, frame, world, {
      kills: 100,
      points: [
        'before-intent',
        'after-intent',
        'before-final',
        'after-final',
        'after-spawn',
        'before-submitted',
        'before-answer'
      ],
      nthAtMost: 1,
      worksMs: [200, 3500]
    })
    await world.cluster.orders.faults([])
    await eventually(ENDS_WITHIN_MS, signal, async () => {
      const stopping = await world.api.count('&state=STOPPING').catch(() => 1)
      return stopping === 0 || undefined
    })
    await judge(frame, world, work, bystanders)
    checks.holds(work.told.length > 0, 'nobody was told of an end: the run shows nothing')
    const early = checks.failures.length
    return `${kills} kills, ${work.wishes.size} stops, ${work.told.length} told, ${early} wrong`
  }
}

/** Jobs and applications that nobody stops. */
type Bystanders = Readonly<{ jobs: readonly string[]; applications: readonly string[] }>

async function startBystanders({ random: root, signal }: Frame, world: World): Promise<Bystanders> {
  const random = root.fork('bystanders')
  const jobs: string[] = []
  for (const [index, deployMode] of (
    ['client', 'client', 'cluster', 'cluster'] as const
  ).entries()) {
    const plan = planJob(random, `bystander-${index}`, { engine: 'spark', deployMode, runMs: null })
    const key = plan.taskName
    const id = await submitUntilAccepted(world.api, plan, { key, via: 'direct', random, signal })
    const job = await jobThatRuns(world.api, id, { signal, limitMs: RUNS_WITHIN_MS })
    if (job.state !== 'RUNNING') throw new Error(`a bystander is ${job.state}`)
    jobs.push(id)
  }
  const applications: string[] = []
  for (const name of ['foreign-0', 'foreign-1', 'foreign-2']) {
    applications.push(await submitForeign(world.cluster.urls[0], name))
  }
  return { jobs, applications }
}

/** An application of somebody else. */
async function submitForeign(url: string, name: string): Promise<string> {
  const apps = `${url}/ws/v1/cluster/apps`
  const post = (path: string, body?: object) =>
    fetch(`${apps}${path}?user.name=bob`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(10_000)
    })
  const made = (await (await post('/new-application')).json()) as { 'application-id': string }
  const id = made['application-id']
  const am = JSON.stringify({ kind: 'managed', finishAfterMs: null })
  const answer = await post('', {
    'application-id': id,
    'application-name': name,
    'application-type': 'SPARK',
    'am-container-spec': { environment: { entry: [{ key: 'SANDBOX_AM', value: am }] } }
  })
  if (answer.status !== 202) throw new Error(`a foreign application was answered ${answer.status}`)
  return id
}

/** Now and then the ResourceManager takes its time to kill. */
async function slowDown(
  { random: root, signal }: Frame,
  { cluster }: World,
  work: Work
): Promise<void> {
  const random = root.fork('polls')
  while (!work.isOver) {
    await cluster.orders.faults([{ kind: 'killTakesPolls', polls: random.pick(POLLS) }])
    await pause(random.between(500, 3000), signal)
  }
}

async function stopperOf(frame: Frame, world: World, work: Work, number: number): Promise<void> {
  const { signal } = frame
  const { api } = world
  const random = frame.random.fork(`client ${number}`)
  for (let turn = 0; !work.isOver; turn++) {
    const plan = planStubborn(random, `stop-${number}-${turn}`)
    const via: Via = random.chance(0.5) ? 'gateway' : 'direct'
    const key = `key-${number}-${turn}`
    const id = await submitUntilAccepted(api, plan, { key, via, random, signal })
    const inLaunch = random.chance(0.5)
    if (inLaunch) await pause(random.between(0, 1500), signal)
    const job = inLaunch
      ? await jobNow(api, id, signal)
      : await jobThatRuns(api, id, { signal, limitMs: RUNS_WITHIN_MS })
    if (isOver(job)) continue
    work.wishes.add(id)
    if (job.applicationId !== null && random.chance(0.5)) {
      await stopOverV1(frame, world, work, { id, applicationId: job.applicationId, via })
    } else await stopOverV2(frame, world, work, { id, via })
  }
}

/** Runs until it is stopped, and makes that hard. */
function planStubborn(random: Random, taskName: string): JobPlan {
  return planJob(random, taskName, {
    runMs: null,
    wrapper: random.chance(0.2) ? 'twice' : random.pick(WRAPPERS),
    isStubborn: random.chance(0.4),
    leavesMs: random.between(200, 20_000)
  })
}

async function stopOverV1(
  { checks, signal }: Frame,
  world: World,
  work: Work,
  { id, applicationId, via }: { id: string; applicationId: string; via: Via }
): Promise<void> {
  const path = `/executor/stop/${applicationId}`
  for (;;) {
    const reply = await world.api.post(path, undefined, { via, timeoutMs: 90_000 }).catch(() => {})
    const { statusCode, data } = (reply?.body ?? {}) as { statusCode?: number; data?: unknown }
    if (reply?.http === 200 && statusCode === 200) return await noteTold(world, work, id, 'v1')
    const error = statusCode === 151 ? String(data) : ''
    if (error.includes('ALREADY_ENDED')) return
    if (error !== '' && !error.includes('STOP_PENDING')) {
      checks.holds(error.includes('RESOURCE_MANAGER'), `the stop of ${id} was answered ${error}`)
    }
    await pause(100, signal)
  }
}

async function stopOverV2(
  { checks, signal }: Frame,
  world: World,
  work: Work,
  { id, via }: { id: string; via: Via }
): Promise<void> {
  for (;;) {
    const reply = await world.api
      .post(`/executor/v2/jobs/${id}/stop`, undefined, { via })
      .catch(() => {})
    if (reply?.http === 202 || reply?.http === 409) break
    checks.holds(reply === undefined || reply.http >= 500, `a stop: ${JSON.stringify(reply)}`)
    await pause(50, signal)
  }
  const endsAt = Date.now() + ENDS_WITHIN_MS
  while (Date.now() < endsAt) {
    const job = await jobNow(world.api, id, signal)
    if (isOver(job)) return await noteTold(world, work, id, 'v2')
    await pause(50, signal)
  }
}

/** Looks at once what is left. */
async function noteTold(
  { cluster, processes }: World,
  work: Work,
  id: string,
  by: Told['by']
): Promise<void> {
  const at = Date.now()
  const alive = processes().filter(({ attemptId }) => attemptId.startsWith(id))
  const applications = (await cluster.history()).filter((one) => one.tags.includes(`st-s-${id}`))
  const left = [
    ...alive.map(({ pid, command }) => `process ${pid} ${command}`),
    ...applications
      .filter((one) => isLive(one) || one.finishedTime > at)
      .map((one) => `${one.id} ${one.state}`)
  ]
  work.told.push({ id, at, by, left })
}

async function judge(
  { checks, print }: Frame,
  world: World,
  work: Work,
  bystanders: Bystanders
): Promise<void> {
  const evidence = await gatherEvidence(world)
  const byId = new Map(evidence.jobs.map((one) => [one.id, one]))
  const story = async (id: string) => {
    const job = byId.get(id)
    return job ? await storyOf(world, job, evidence) : `${id} is gone`
  }
  for (const { id, at, by, left } of work.told) {
    const later = ownApplications(byId.get(id)).filter((one) => one.startedTime > at)
    const isTrue = left.length === 0 && later.length === 0
    const what = () =>
      `${by} was told at ${new Date(at).toISOString()} that it is stopped, left were`
    checks.holds(
      isTrue,
      isTrue
        ? ''
        : `${what()} ${[...left, ...later.map((one) => one.id)].join('; ')}: ${await story(id)}`
    )
  }
  for (const id of work.wishes) {
    const job = byId.get(id)
    const ended = job !== undefined && isOver(job) && !ownApplications(job).some(isLive)
    checks.holds(ended, ended ? '' : `a stop did not end: ${await story(id)}`)
  }
  for (const id of bystanders.jobs) {
    const job = byId.get(id)
    const lives = job?.state === 'RUNNING' && ownApplications(job).some(isLive)
    checks.holds(lives, lives ? '' : `a bystander was hit: ${await story(id)}`)
  }
  for (const one of evidence.applications) {
    if (!bystanders.applications.includes(one.id)) continue
    checks.holds(isLive(one), `an application of somebody else was ended: ${JSON.stringify(one)}`)
  }
  print(`${work.told.filter(({ by }) => by === 'v1').length} were told over v1`)

  function ownApplications(job: JobView | undefined): PlayedApplication[] {
    return job ? applicationsOf(job, evidence) : []
  }
}
