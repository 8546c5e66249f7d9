import type { JobView, Reply, Via } from '../api.ts'
import type { Frame, Scenario } from '../frame.ts'
import { type JobPlan, jobBody, planJob } from '../job-plan.ts'
import { killWhile } from '../killing.ts'
import { eventually, pause } from '../pause.ts'
import type { Random } from '../random.ts'
import {
  applicationsOf,
  checkNames,
  type Evidence,
  gatherEvidence,
  isOver,
  isTrueEnd,
  storyOf
} from '../verdict.ts'
import { createWorld, SHORTENED, type World } from '../world.ts'

const CLIENTS_V2 = 5
const CLIENTS_V1 = 2
/** More jobs are not begun while so many are not over. */
const LIVE_AT_MOST = 16
const SETTLED_WITHIN_MS = 120_000
const READ_WITHIN_MS = 5000
const NAME_TAKEN = /^(TASK_NAME_IN_USE|NAME_IN_USE)$/

/** What clients were told, which must be true in the end. */
type Ledger = {
  /** The ids that a key was answered with. */
  keys: Map<string, Set<string>>
  /** What was accepted over v2, by id. */
  accepted: Map<string, JobPlan>
  /** What v1 callers asked for, by name; with the application id that they were told. */
  asked: Map<string, { plan: JobPlan; told: string | undefined; refused: string | undefined }>
  /** Names that several clients wanted at once. */
  contended: Set<string>
}

export const scenario: Scenario = {
  about: 'clients submit and retry while the executor is killed: exactly once, nothing lost',
  inCi: { kills: 40 },
  run: async (frame) => {
    const { checks, print } = frame
    const world = await createWorld(frame)
    await world.executor.start()
    const ledger: Ledger = {
      keys: new Map(),
      accepted: new Map(),
      asked: new Map(),
      contended: new Set()
    }
    const work = { isOver: false, live: 0 }
    const clients = [
      ...Array.from({ length: CLIENTS_V2 }, (_, n) => clientOf(frame, world, ledger, work, n)),
      ...Array.from({ length: CLIENTS_V1 }, (_, n) => callerOf(frame, world, ledger, work, n)),
      countLive(frame, world, work)
    ]
    const kills = await killWhile({ work, clients }, frame, world, {
      kills: 300,
      points: [
        'before-write',
        'after-write',
        'before-spawn',
        'after-spawn',
        'before-submitted',
        'before-answer',
        'after-launching',
        'after-submitted',
        'before-final'
      ],
      nthAtMost: 3,
      worksMs: [20, 1800]
    })
    checks.holds(ledger.accepted.size > 0, 'nothing was accepted: the run shows nothing')
    await settle(frame, world)
    const evidence = await gatherEvidence(world)
    const { lost, duplicates } = await judge(frame, world, ledger, evidence)
    print(
      `${evidence.jobs.length} jobs and ${evidence.applications.length} applications in all, ${count(evidence)}`
    )
    return `${kills} kills, ${ledger.accepted.size} accepted, ${lost} lost, ${duplicates} duplicates`
  }
}

function count({ jobs }: Evidence): string {
  const states = new Map<string, number>()
  for (const { state, reason } of jobs) {
    const key = reason === null ? state : `${state} ${reason}`
    states.set(key, (states.get(key) ?? 0) + 1)
  }
  return [...states].map(([state, times]) => `${times} ${state}`).join(', ')
}

/** So that the machine is busy, and no more. */
async function countLive(
  { signal }: Frame,
  { api }: World,
  work: { isOver: boolean; live: number }
): Promise<void> {
  const live = '&state=ACCEPTED,LAUNCHING,SUBMITTED,RUNNING,STOPPING'
  while (!work.isOver) {
    work.live = await api.count(live).catch(() => work.live)
    await pause(200, signal)
  }
}

/** A client of v2: the same request with the same key until there is an answer. */
async function clientOf(
  { random: root, checks, signal }: Frame,
  { api }: World,
  ledger: Ledger,
  work: { isOver: boolean; live: number },
  number: number
): Promise<void> {
  const random = root.fork(`client ${number}`)
  for (let turn = 0; !work.isOver; turn++) {
    if (work.live >= LIVE_AT_MOST) {
      await pause(100, signal)
      continue
    }
    const isContended = random.chance(0.15)
    const taskName = isContended ? `both-${Math.floor(turn / 2)}` : `v2-${number}-${turn}`
    const failing = random.chance(0.08) ? { failsWith: random.between(0, 3) } : {}
    const plan = planJob(random, taskName, failing)
    if (isContended) ledger.contended.add(taskName)
    const key = `key-${number}-${turn}`
    const copies = random.chance(0.1) ? random.between(5, 30) : 1
    const via: Via = random.chance(0.5) ? 'gateway' : 'direct'
    const asks = Array.from({ length: copies }, () => submit(plan, key, via, random))
    await Promise.all(asks)
    if (random.chance(0.3)) await submit(plan, key, via === 'direct' ? 'gateway' : 'direct', random)
    await pause(random.between(0, 200), signal)
  }

  async function submit(plan: JobPlan, key: string, via: Via, random: Random): Promise<void> {
    for (;;) {
      const reply = await api.post('/executor/v2/jobs', jobBody(plan), { via, key }).catch(() => {})
      if (reply?.http === 202) return note(plan, key, String(reply.body.id))
      if (reply && !isPassing(reply)) {
        const taken = reply.http === 409 && ledger.contended.has(plan.taskName)
        checks.holds(taken, () => `${plan.taskName} was answered ${JSON.stringify(reply)}`)
        return
      }
      await pause(random.between(10, 150), signal)
    }
  }

  function note(plan: JobPlan, key: string, id: string): void {
    const ids = ledger.keys.get(key) ?? new Set()
    ledger.keys.set(key, ids.add(id))
    ledger.accepted.set(id, plan)
  }
}

/** Not now: the client comes again. */
function isPassing({ http }: Reply): boolean {
  return http === 502 || http === 503 || http === 504
}

/** A caller of v1, with names of its own: whose connection breaks looks for the end of it. */
async function callerOf(
  { random: root, signal }: Frame,
  { api, writeConfig }: World,
  ledger: Ledger,
  work: { isOver: boolean; live: number },
  number: number
): Promise<void> {
  const random = root.fork(`caller ${number}`)
  for (let turn = 0; !work.isOver; turn++) {
    if (work.live >= LIVE_AT_MOST) {
      await pause(100, signal)
      continue
    }
    const plan = planJob(random, `v1-${number}-${turn}`)
    const configFile = await writeConfig(plan)
    const { taskName, engine, deployMode } = plan
    const asked = { plan, told: undefined, refused: undefined } as NonNullable<
      ReturnType<Ledger['asked']['get']>
    >
    ledger.asked.set(taskName, asked)
    const body = { master: undefined, 'deploy-mode': deployMode, configFile, taskName }
    const via: Via = random.chance(0.5) ? 'gateway' : 'direct'
    const reply = await api
      .post(`/executor/start/${engine}`, body, { via, timeoutMs: 90_000 })
      .catch(() => undefined)
    if (reply?.http === 200 && reply.body.statusCode === 200) asked.told = String(reply.body.data)
    else if (reply?.body.statusCode === 150) asked.refused = String(reply.body.data)
    await pause(random.between(0, 200), signal)
  }
}

/** Every job is over: all of them end by themselves. */
async function settle({ checks, signal, print }: Frame, world: World): Promise<void> {
  const began = Date.now()
  const settled = await eventually(SETTLED_WITHIN_MS, signal, async () => {
    if (!world.executor.isRunning) throw new Error('the executor ended by itself')
    const jobs = await world.api.jobs()
    return jobs.every(isOver) || undefined
  })
  print(`settled after ${((Date.now() - began) / 1000).toFixed(1)} s`)
  if (checks.holds(settled === true, 'jobs were not over in time')) return
  const evidence = await gatherEvidence(world)
  for (const job of evidence.jobs.filter((one) => !isOver(one)).slice(0, 10)) {
    checks.holds(false, `not over: ${await storyOf(world, job, evidence)}`)
  }
}

async function judge(
  frame: Frame,
  world: World,
  ledger: Ledger,
  evidence: Evidence
): Promise<{ lost: number; duplicates: number }> {
  const { checks } = frame
  const { jobs, applications } = evidence
  const byId = new Map(jobs.map((one) => [one.id, one]))
  let lost = 0
  let duplicates = 0

  for (const [key, ids] of ledger.keys) {
    checks.holds(ids.size === 1, `key ${key} was answered ${[...ids].join(' and ')}`)
    duplicates += ids.size - 1
  }
  for (const [id, plan] of ledger.accepted) {
    if (!checks.holds(byId.has(id), `${id} (${plan.taskName}) was accepted and is gone`)) lost += 1
  }
  for (const job of jobs) {
    const own = applicationsOf(job, evidence)
    const story = () => storyOf(world, job, evidence)
    if (!checks.holds(own.length <= 1, `${own.length} applications of ${await once(own, story)}`)) {
      duplicates += own.length - 1
    }
    const planned = ledger.accepted.get(job.id) ?? ledger.asked.get(job.taskName)?.plan
    if (own.length === 0) {
      const isAllowed = mayBeWithout(job, planned, ledger)
      if (!isAllowed) lost += 1
      checks.holds(isAllowed, isAllowed ? '' : `without an application: ${await story()}`)
    } else {
      const isTrue = job.state !== 'REJECTED' && job.state !== 'LOST' && isTrueEnd(job, own)
      checks.holds(isTrue, isTrue ? '' : `not what the ResourceManager held: ${await story()}`)
    }
  }
  for (const { plan, told, refused } of ledger.asked.values()) {
    const own = applications.filter(({ name }) => name === plan.taskName)
    if (told !== undefined) {
      const isIt = own.length === 1 && own[0]?.id === told
      if (own.length === 0) lost += 1
      checks.holds(isIt, `${plan.taskName} was told ${told}, there are ${JSON.stringify(own)}`)
    }
    const ran = own.filter(({ state }) => state !== 'KILLED')
    const isTrue = refused === undefined || ran.length === 0
    checks.holds(
      isTrue,
      `${plan.taskName} was refused with ${refused}, and ran: ${JSON.stringify(ran)}`
    )
  }
  const tags = new Set(jobs.map((job) => job.tags.submission))
  for (const { id, name, tags: own } of applications) {
    checks.holds(
      own.some((tag) => tags.has(tag)),
      `${id} (${name}) belongs to no job`
    )
  }
  duplicates += checkNames(frame, evidence)
  return { lost, duplicates }
}

async function once(own: readonly unknown[], story: () => Promise<string>): Promise<string> {
  return own.length <= 1 ? '' : await story()
}

/** Whether a job may have ended without an application: with a reason that fits what was asked for. */
function mayBeWithout(
  job: JobView,
  plan: JobPlan | undefined,
  { accepted, contended }: Ledger
): boolean {
  const { id, state, reason, taskName } = job
  if (state !== 'REJECTED' && state !== 'KILLED') return false
  if (reason === null) return false
  if (plan?.failsWith !== undefined) return state === 'REJECTED'
  if (contended.has(taskName)) return NAME_TAKEN.test(reason)
  // A start over v1 that is in the list is promised as well, within its time: it goes on whoever has asked is told.
  return !accepted.has(id) && hadItsTime(job)
}

/** The time runs from the request on, which is read and looked into before it is accepted. */
function hadItsTime({ acceptedAt, changedAt }: JobView): boolean {
  const leastMs = Number(SHORTENED.START_TIMEOUT_MS) - READ_WITHIN_MS
  return Date.parse(changedAt) - Date.parse(acceptedAt) >= leastMs
}
