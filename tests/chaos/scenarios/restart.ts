import type { Api, JobView, Via } from '../api.ts'
import { isLive } from '../cluster/cluster.ts'
import type { Frame, Scenario } from '../frame.ts'
import { type JobPlan, planJob } from '../job-plan.ts'
import { killWhile } from '../killing.ts'
import { eventually, pause } from '../pause.ts'
import { jobThatRuns, submitUntilAccepted } from '../retrying-client.ts'
import { applicationsOf, checkNames, gatherEvidence, isOver, storyOf } from '../verdict.ts'
import { createWorld, type World } from '../world.ts'

const CHAINS = 4
const RUNS_WITHIN_MS = 30_000
const SETTLED_WITHIN_MS = 90_000

type Work = { isOver: boolean; asked: number; accepted: Set<string> }

export const scenario: Scenario = {
  about:
    'restarts while the executor is killed between the halves: never both alive, none forgotten',
  inCi: { kills: 8 },
  run: async (frame) => {
    const { checks } = frame
    const world = await createWorld(frame, { variables: { MAX_DRIVERS: '12' } })
    await world.executor.start()
    const work: Work = { isOver: false, asked: 0, accepted: new Set() }
    const clients = Array.from({ length: CHAINS }, (_, n) => chainOf(frame, world, work, n))
    const kills = await killWhile({ work, clients }, frame, world, {
      kills: 100,
      points: [
        'before-write',
        'after-write',
        'before-intent',
        'after-intent',
        'before-final',
        'after-final',
        'after-launching',
        'before-spawn',
        'after-spawn',
        'before-submitted',
        'before-answer'
      ],
      nthAtMost: 1,
      worksMs: [200, 3500]
    })
    checks.holds(work.asked > 0, 'no restart was asked for: the run shows nothing')
    const both = await judge(frame, world, work)
    return `${kills} kills, ${work.asked} restarts, ${work.accepted.size} accepted, ${both} both alive, ${checks.failures.length} wrong`
  }
}

/** One name, started and then restarted again and again. */
async function chainOf(frame: Frame, world: World, work: Work, number: number): Promise<void> {
  const { signal } = frame
  const { api } = world
  const random = frame.random.fork(`chain ${number}`)
  const taskName = `chain-${number}`
  const deployMode = number % 2 === 0 ? 'client' : 'cluster'
  const plan = () => planJob(random, taskName, { engine: 'spark', deployMode, runMs: null })
  let starts = 0
  for (;;) {
    const newest = await newestOf(api, taskName, signal)
    if (newest === undefined || isOver(newest)) {
      if (work.isOver) return
      const key = `${taskName}-${starts}`
      starts += 1
      const via: Via = 'direct'
      await submitUntilAccepted(api, plan(), { key, via, random, signal })
      continue
    }
    const job = await jobThatRuns(api, newest.id, { signal, limitMs: RUNS_WITHIN_MS })
    if (work.isOver) return
    if (isOver(job)) continue
    await pause(random.between(0, 500), signal)
    work.asked += 1
    const via: Via = random.chance(0.5) ? 'gateway' : 'direct'
    if (job.applicationId !== null && random.chance(0.4)) {
      await restartOverV1(world, plan(), { applicationId: job.applicationId, via })
    } else {
      const path = `/executor/v2/jobs/${job.id}/restart`
      const reply = await api.post(path, {}, { via }).catch(() => undefined)
      if (reply?.http === 202) work.accepted.add(String(reply.body.id))
    }
  }
}

/** Whatever it answers, the list says what became of it. */
async function restartOverV1(
  { api, writeConfig }: World,
  plan: JobPlan,
  { applicationId, via }: { applicationId: string; via: Via }
): Promise<void> {
  const { taskName, deployMode } = plan
  const body = { 'deploy-mode': deployMode, configFile: await writeConfig(plan), taskName }
  const path = `/executor/restart/spark/${applicationId}`
  await api.post(path, body, { via, timeoutMs: 120_000 }).catch(() => {})
}

async function newestOf(api: Api, name: string, signal: AbortSignal): Promise<JobView | undefined> {
  for (;;) {
    const jobs = await api.jobs(`&name=${name}`).catch(() => undefined)
    if (jobs) return jobs.find((one) => !isOver(one)) ?? jobs[0]
    await pause(100, signal)
  }
}

async function judge(frame: Frame, world: World, work: Work): Promise<number> {
  const { checks, signal } = frame
  await eventually(SETTLED_WITHIN_MS, signal, async () => {
    const waiting = await world.api.count('&state=ACCEPTED,LAUNCHING,SUBMITTED,STOPPING')
    return waiting === 0 || undefined
  })
  const evidence = await gatherEvidence(world)
  const byId = new Map(evidence.jobs.map((one) => [one.id, one]))
  for (const id of work.accepted) {
    checks.holds(byId.has(id), `restart ${id} was accepted and is gone`)
  }
  for (const job of evidence.jobs) {
    const own = applicationsOf(job, evidence)
    const isTrue = own.length <= 1 && isSettled(job, own.length > 0, own.some(isLive), work)
    checks.holds(isTrue, isTrue ? '' : `not as it must be: ${await storyOf(world, job, evidence)}`)
  }
  for (let number = 0; number < CHAINS; number++) {
    const ofName = evidence.jobs.filter(({ taskName }) => taskName === `chain-${number}`)
    const live = ofName.filter((one) => !isOver(one))
    checks.holds(live.length <= 1, `chain-${number} has ${live.length} live jobs`)
  }
  return checkNames(frame, evidence)
}

/** It runs, or it ended for a reason that is told; what v2 has accepted is not given up because of a crash. */
function isSettled(
  { id, state, reason }: JobView,
  ran: boolean,
  lives: boolean,
  { accepted }: Work
): boolean {
  if (state === 'RUNNING') return lives
  if (lives || (state !== 'KILLED' && state !== 'REJECTED')) return false
  if (ran) return state === 'KILLED'
  if (reason === null) return false
  return !accepted.has(id) || state === 'KILLED'
}
