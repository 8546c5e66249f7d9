import type { DeathPoint, PlannedDeath } from './executor/executor-process.ts'
import type { Frame } from './frame.ts'
import { pause } from './pause.ts'
import type { World } from './world.ts'

/** The least and the most, milliseconds. */
export type Range = readonly [least: number, most: number]

export type KillingOptions = Readonly<{
  /** Unless the command line says how often. */
  kills: number
  points: readonly [DeathPoint, ...DeathPoint[]]
  /** A point is passed so many times at most before the executor dies at it. */
  nthAtMost: number
  /** How long the executor works before it is killed at a random instant. */
  worksMs: Range
}>

/** Clients that work until they are told that it is over. */
export type Clients = Readonly<{ work: { isOver: boolean }; clients: readonly Promise<unknown>[] }>

/** The killing ends by then, unless the command line says when. */
const MINUTES = 60
/** One in so many is killed while it starts. */
const AT_START = 0.08
const AT_POINT = 0.6
/** Nobody passed the point: it is killed all the same. */
const POINT_WAIT_MS = 1500

/**
 * Kills and starts the executor again and again while clients work; it runs afterwards, and the clients have ended.
 * Answers how often.
 */
export async function killWhile(
  clients: Clients,
  frame: Frame,
  world: World,
  options: KillingOptions
): Promise<number> {
  // One that breaks off is told of at the end, unless the run breaks off before.
  for (const client of clients.clients) client.catch(() => {})
  const { kills, where } = await killAgainAndAgain(frame, world, options)
  frame.print(`killed ${where}`)
  await haveEnded(clients, frame)
  return kills
}

/** Tells clients that it is over, and of those that broke off. */
export async function haveEnded({ work, clients }: Clients, { checks }: Frame): Promise<void> {
  work.isOver = true
  for (const one of await Promise.allSettled(clients)) {
    if (one.status === 'fulfilled') continue
    checks.holds(false, `a client broke off: ${one.reason?.stack}`)
  }
}

/** Answers how often, and where. */
async function killAgainAndAgain(
  frame: Frame,
  { executor }: World,
  options: KillingOptions
): Promise<{ kills: number; where: string }> {
  const { points, nthAtMost, worksMs } = options
  const kills = frame.amount.kills ?? options.kills
  const until = Date.now() + (frame.amount.minutes ?? MINUTES) * 60_000
  const { checks, signal } = frame
  const random = frame.random.fork('kills')
  const tally = new Map<string, number>()
  let done = 0
  while (done < kills && Date.now() < until) {
    const where = await killOnce()
    tally.set(where, (tally.get(where) ?? 0) + 1)
    done += 1
    if (done % 25 === 0) frame.print(`${done} kills`)
  }
  if (!executor.isRunning) await executor.start()

  /** Of a process that runs already, or of a new one. */
  async function killOnce(): Promise<string> {
    const atStart = random.chance(AT_START)
    const death: PlannedDeath | undefined =
      !atStart && random.chance(AT_POINT)
        ? { point: random.pick(points), nth: random.between(1, nthAtMost) }
        : undefined
    const waitMs = atStart ? random.between(20, 400) : random.between(...worksMs)
    if (executor.isRunning) await executor.kill()
    const started = executor.start(death)
    if (atStart) {
      await pause(waitMs * executor.slowness, signal)
      await executor.kill()
      await started
      return 'at its start'
    }
    if ((await started) === 'listens') {
      const longest = (death ? POINT_WAIT_MS : waitMs) * executor.slowness
      await Promise.race([executor.ended, pause(longest, signal)])
    }
    const died = executor.isRunning ? undefined : await executor.ended
    if (died === undefined) {
      await executor.kill()
      return 'at a random instant'
    }
    signal.throwIfAborted()
    checks.holds(died === 'SIGKILL' && death !== undefined, `the executor ended by itself: ${died}`)
    return death?.point ?? 'by itself'
  }
  const where = [...tally].map(([point, count]) => `${count} ${point}`).sort()
  return { kills: done, where: where.join(', ') }
}
