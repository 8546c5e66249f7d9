import type { BenchContext, Goal, Part } from '../benchmark.ts'
import { judged, type RatioGoal } from './goals.ts'
import { type Measured, measureRounds, peaks } from './measure.ts'
import { profileGateway } from './profile.ts'
import type { Cell } from './ratios.ts'
import { checkServer } from './sanity.ts'
import { type RunningServer, type ServerName, startServer } from './servers.ts'
import { makeSurroundings, type Surroundings } from './surroundings.ts'
import { table } from './table.ts'
import { type Load, type LoadOptions, load } from './wrk.ts'

/** So many connections at once, for that long, that many times. */
export type Level = LoadOptions & Readonly<{ rounds: number }>

export type RequestPart = Readonly<{
  load: Load
  servers: readonly ServerName[]
  levels: readonly Level[]
  quick: Readonly<{
    level: Level
    servers: readonly ServerName[]
    /** No round but the first is begun later than this after the start of the process. */
    latestBeginMs: number
  }>
  /** At GOAL_CONNECTIONS. */
  goals: readonly RatioGoal[]
  /** From the cells at GOAL_CONNECTIONS. */
  summary: (cells: readonly Cell[]) => string
}>

export const GOAL_CONNECTIONS = 50

const WARM_UP_S = 2
const PROFILE_S = 4
const QUICK_PROFILE_S = 1
/** After the start of the process: there is more to do. */
const QUICK_PROFILE_LATEST_MS = 30_000

/** One kind of request against all servers, with several numbers of connections. */
export function requestPart(name: string, part: RequestPart): Part {
  return { name, run: (context) => run(name, part, context) }
}

async function run(name: string, part: RequestPart, context: BenchContext) {
  const { quick, print } = context
  const surroundings = await makeSurroundings(context)
  const names = quick ? part.quick.servers : part.servers
  const servers = await startChecked(names, surroundings)
  print(surroundings.placement.text)
  const atGoal = (seconds: number) => ({ connections: GOAL_CONNECTIONS, seconds })
  for (const { url } of servers) {
    await load(surroundings, url, part.load, atGoal(quick ? 1 : WARM_UP_S))
  }
  const measured: Record<number, readonly Cell[]> = {}
  const goals: Goal[] = []
  for (const level of quick ? [part.quick.level] : part.levels) {
    const { connections, rounds, seconds } = level
    const cells = await measureRounds(
      servers,
      { rounds, ...(quick && { latestBegin: part.quick.latestBeginMs }) },
      (server) => once(surroundings, server, part.load, level)
    )
    measured[connections] = cells
    const done = Math.max(...cells.map(({ round }) => round))
    print(`${part.load.name}, c = ${connections}, ${done} rounds of ${seconds} s`)
    for (const line of table({
      cells,
      peaks: peaks(servers),
      rate: { title: 'req/s', text: (rate) => rate.toFixed(0) },
      cpuTitle: 'CPU/req'
    })) {
      print(line)
    }
    if (connections === GOAL_CONNECTIONS) goals.push(...judged(part.load.name, cells, part.goals))
  }
  const isMissed = goals.some(({ met }) => !met)
  const isLate = quick && performance.now() > QUICK_PROFILE_LATEST_MS
  const profile =
    !isMissed || isLate
      ? undefined
      : await profileGateway(context, surroundings, name, ({ url }) =>
          load(surroundings, url, part.load, atGoal(quick ? QUICK_PROFILE_S : PROFILE_S))
        )
  const { text: placement } = surroundings.placement
  return {
    lines: profile?.lines ?? [],
    summary: part.summary(measured[GOAL_CONNECTIONS] ?? []),
    goals,
    figures: { placement, cells: measured, peakBytes: peaks(servers), profile }
  }
}

/** All of them at once, each of which does its work. */
export async function startChecked(
  names: readonly ServerName[],
  surroundings: Surroundings
): Promise<RunningServer[]> {
  const servers = await Promise.all(names.map((one) => startServer(one, surroundings.settings)))
  for (const server of servers) await checkServer(server, surroundings)
  return servers
}

/** A server under load for a while. */
export async function once(
  surroundings: Surroundings,
  { url }: RunningServer,
  what: Load,
  options: LoadOptions
): Promise<Measured> {
  const { requests, ...result } = await load(surroundings, url, what, options)
  return { ...result, units: requests }
}
