import type { Api } from '../api.ts'
import { isLive } from '../cluster/cluster.ts'
import type { Frame, Scenario } from '../frame.ts'
import { jobBody, planJob } from '../job-plan.ts'
import { haveEnded } from '../killing.ts'
import { eventually, pause } from '../pause.ts'
import { type Instance, LOSSES, startInstances } from '../takeover-instances.ts'
import { applicationsOf, checkNames, type Evidence, isOver, storyOf } from '../verdict.ts'
import type { World } from '../world.ts'

const INSTANCES = 3
const TAKE_OVER_MS = 10_000
const CLIENTS = 3
const SETTLED_WITHIN_MS = 120_000
const ANSWER_MS = 5000

type Ledger = Map<string, string>

export const scenario: Scenario = {
  about: 'three executors on one database are killed, stopped and cut off: others take over',
  inCi: { kills: 3 },
  run: async (frame) => {
    const { amount, checks, print, signal } = frame
    const { world, instances } = await startInstances(frame, INSTANCES)
    const accepted: Ledger = new Map()
    const random = frame.random.fork('losses')
    const work = { isOver: false }
    const clients = Array.from({ length: CLIENTS }, (_, n) =>
      clientOf(frame, instances, accepted, work, n)
    )
    frame.atEnd(() => {
      work.isOver = true
    })
    // Those that break off are told of below, unless the run ends before.
    for (const client of clients) client.catch(() => {})
    const losses = amount.kills ?? 20
    let slowestMs = 0
    for (let turn = 0; turn < losses; turn += 1) {
      const victim = random.pick(instances)
      const [first, ...others] = instances.filter((one) => one !== victim)
      const witness = random.pick([first ?? victim, ...others])
      // In turn: few of them are all of them.
      const how = LOSSES[turn % LOSSES.length] ?? random.pick(LOSSES)
      const id = await runningAt(frame, victim, `probe-${turn}`, accepted)
      const began = performance.now()
      await victim.lose(how)
      const stopped = await call(witness.api, `/executor/v2/jobs/${id}/stop`)
      checks.holds(stopped?.http === 202, `a stop was answered ${JSON.stringify(stopped)}`)
      const dead = await eventually(60_000, signal, async () => {
        const played = await world.cluster.history()
        const own = played.filter(({ name }) => name === `probe-${turn}`)
        return own.every((one) => !isLive(one)) || undefined
      })
      const tookMs = performance.now() - began
      slowestMs = Math.max(slowestMs, tookMs)
      checks.holds(
        dead === true && tookMs <= TAKE_OVER_MS,
        `${victim.name} was ${how}: its application was killed after ${Math.round(tookMs)} ms`
      )
      await pause(random.between(0, 5000), signal)
      await victim.bringBack()
      await pause(random.between(0, 2000), signal)
      print(`${victim.name} was ${how}: taken over after ${(tookMs / 1000).toFixed(1)} s`)
    }
    await haveEnded({ work, clients }, frame)
    const evidence = await settle(frame, world, instances)
    const { lost, duplicates } = await judge(frame, world, accepted, evidence)
    const slowest = (slowestMs / 1000).toFixed(1)
    print(`${evidence.jobs.length} jobs, ${evidence.applications.length} applications`)
    return `${losses} takeovers, ${accepted.size} accepted, ${lost} lost, ${duplicates} duplicates, slowest ${slowest} s`
  }
}

/** Undefined when there is no answer: the instance is away. */
async function call(api: Api, path: string, body?: unknown, key?: string) {
  const options = { timeoutMs: ANSWER_MS, ...(key !== undefined && { key }) }
  return await api.post(path, body, options).catch(() => undefined)
}

/** A job without an end, accepted by an instance and seen to run. */
async function runningAt(
  { random, checks, signal }: Frame,
  { api, name }: Instance,
  taskName: string,
  accepted: Ledger
): Promise<string> {
  const plan = planJob(random, taskName, {
    runMs: null,
    engine: 'spark',
    deployMode: 'cluster',
    wrapper: 'plain',
    delayMs: 0
  })
  const id = await eventually(60_000, signal, async () => {
    const reply = await call(api, '/executor/v2/jobs', jobBody(plan), taskName)
    return reply?.http === 202 ? String(reply.body.id) : undefined
  })
  checks.holds(id !== undefined, `${name} accepts nothing`)
  if (id === undefined) throw new Error(`${name} accepts nothing`)
  accepted.set(id, taskName)
  const runs = await eventually(60_000, signal, async () => {
    const reply = await api.get(`/executor/v2/jobs/${id}`, { timeoutMs: ANSWER_MS }).catch(() => {})
    return reply?.body.state === 'RUNNING' || undefined
  })
  checks.holds(runs === true, `${taskName} does not run`)
  return id
}

/** The same request with the same key, at any instance, until there is an answer. */
async function clientOf(
  { random: root, signal }: Frame,
  instances: readonly [Instance, ...Instance[]],
  accepted: Ledger,
  work: { isOver: boolean },
  number: number
): Promise<void> {
  const random = root.fork(`client ${number}`)
  for (let turn = 0; !work.isOver; turn += 1) {
    const plan = planJob(random, `job-${number}-${turn}`)
    for (;;) {
      const { api } = random.pick(instances)
      const reply = await call(api, '/executor/v2/jobs', jobBody(plan), plan.taskName)
      if (reply?.http === 202) {
        accepted.set(String(reply.body.id), plan.taskName)
        break
      }
      await pause(random.between(20, 200), signal)
    }
    await pause(random.between(200, 1500), signal)
  }
}

/** Every instance is back: every job comes to its end. */
async function settle(
  { checks, signal }: Frame,
  world: World,
  instances: readonly Instance[]
): Promise<Evidence> {
  const api = instances[0]?.api ?? world.api
  const settled = await eventually(SETTLED_WITHIN_MS, signal, async () => {
    const jobs = await api.jobs().catch(() => undefined)
    return jobs?.every(isOver) || undefined
  })
  const evidence = { jobs: await api.jobs(), applications: await world.cluster.history() }
  checks.holds(settled === true, 'jobs were not over in time')
  for (const job of evidence.jobs.filter((one) => !isOver(one)).slice(0, 5)) {
    checks.holds(false, `not over: ${await storyOf({ ...world, api }, job, evidence)}`)
  }
  return evidence
}

async function judge(
  frame: Frame,
  world: World,
  accepted: Ledger,
  evidence: Evidence
): Promise<{ lost: number; duplicates: number }> {
  const { checks } = frame
  const byId = new Map(evidence.jobs.map((one) => [one.id, one]))
  let lost = 0
  let duplicates = new Set(accepted.values()).size === accepted.size ? 0 : 1
  checks.holds(duplicates === 0, 'a key was answered with two ids')
  for (const [id, taskName] of accepted) {
    const job = byId.get(id)
    const own = job ? applicationsOf(job, evidence) : []
    if (!job || own.length === 0) lost += 1
    checks.holds(job !== undefined, `${taskName} was accepted and is gone`)
    checks.holds(
      own.length > 0,
      job && own.length === 0 ? `never ran: ${await storyOf(world, job, evidence)}` : ''
    )
  }
  for (const job of evidence.jobs) {
    const own = applicationsOf(job, evidence)
    duplicates += Math.max(0, own.length - 1)
    checks.holds(own.length <= 1, () => `${own.length} applications of ${job.taskName} ${job.id}`)
  }
  duplicates += checkNames(frame, evidence)
  return { lost, duplicates }
}
