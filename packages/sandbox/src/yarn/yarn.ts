import { type Application, type InternalState, isFinal } from './application.ts'
import { Applications } from './applications.ts'
import { type Cluster, defaultTiming, type Role, type Timing } from './cluster.ts'
import { ContainerLogs } from './container-logs.ts'
import { DriverStreams } from './driver-streams.ts'
import { createFaultBook, type FaultBook } from './faults.ts'
import { createHistoryHandler } from './history-server.ts'
import { Life } from './life.ts'
import { createNmHandler } from './node-manager.ts'
import { Player } from './player.ts'
import { defaultQueues, queueTree } from './queues.ts'
import { RequestCounts } from './request-counts.ts'
import { createRmHandler } from './rm-server.ts'
import { type AdvanceOptions, ScriptApi, type SubmitOptions } from './script-api.ts'
import { type StandbyYarn, startStandby } from './standby.ts'
import { openStateFile } from './state-file.ts'
import { createTimers } from './timers.ts'
import { startWebServer } from './web-server.ts'

export interface YarnOptions {
  /** Address to listen on; default 127.0.0.1. */
  readonly host?: string
  /** Port of the ResourceManager's web server; default 0, a free one. */
  readonly port?: number
  /** Port of the NodeManager's web server; default 0. */
  readonly nodeManagerPort?: number
  /** Whose answers are given; only this one so far. */
  readonly version?: '3.3.6'
  /** Default `capacity`. */
  readonly scheduler?: 'capacity' | 'fair'
  /** Leaf queues by path; default `root.default` and `root.etl`. */
  readonly queues?: readonly string[]
  /** `yarn.acl.enable`; default false: everybody may do everything. */
  readonly acl?: boolean
  /** Users that may do everything with `acl`. */
  readonly admins?: readonly string[]
  /** Epoch ms; default Date.now. Delays do not follow it. */
  readonly clock?: () => number
  readonly timing?: Partial<Timing>
  /** Where applications are kept between two runs; live ones are KILLED at the end of a run. */
  readonly stateFile?: string
  /** NodeManagers; with 0 no application gets beyond waiting. Default 1. */
  readonly nodes?: 0 | 1
  /** host:port by which the servers call themselves in their answers; default where they listen. */
  readonly webAddress?: string
  readonly nodeHttpAddress?: string
  /**
   * Log aggregation, with a history server; default off. So long after an application's end the NodeManager has no logs
   * of it any more, and the history server has them `gapMs` later.
   */
  readonly aggregation?: { readonly afterMs: number; readonly gapMs?: number }
  /** Without aggregation: how long the NodeManager keeps the logs of ended applications; default for good. */
  readonly logRetainMs?: number
  /** Port of the history server; default 0. */
  readonly historyPort?: number
  /** First number of the ids; default the time of the start. */
  readonly clusterTimestamp?: number
}

export interface SandboxYarn {
  /** Base URL of the ResourceManager, without a slash at the end. */
  readonly url: string
  readonly nodeManagerUrl: string
  /** Of the history server; '' without aggregation. */
  readonly historyUrl: string
  /** All applications that the ResourceManager remembers, in order of submission. */
  readonly applications: readonly Application[]
  readonly faults: FaultBook
  /** Calls that its ResourceManagers have got: `{ 'GET /ws/v1/cluster/apps/{id}': 3 }`. */
  readonly requests: Readonly<Record<string, number>>
  /** Calls that its NodeManager has got: `{ 'GET /ws/v1/node/containerlogs/{container}/stdout': 3 }`. */
  readonly nodeManagerRequests: Readonly<Record<string, number>>
  readonly role: Role
  /** Submits past the wire and holds the application in SUBMITTED, unless `am` plays it. */
  submit(options?: SubmitOptions): string
  advance(id: string, to: InternalState, options?: AdvanceOptions): void
  failAttempt(id: string, exitCode?: number, diagnostics?: string): void
  /** Adds to a log file of the current attempt's AM container. */
  log(id: string, file: string, text: string): void
  /** Ids of the current attempt's containers, the AM's first. */
  containersOf(id: string): readonly string[]
  /** Adds to a log file of any container. */
  logIn(containerId: string, file: string, text: string): void
  /** A log file begins anew with this text. */
  rotate(containerId: string, file: string, text: string): void
  /** The NodeManager is gone, and comes back with the logs it had. */
  nodeManagerDown(): Promise<void>
  nodeManagerUp(): Promise<void>
  /** The ResourceManager no longer remembers an application; the NodeManager keeps its logs. */
  evict(id: string): void
  /** Neither of the two knows the application any more, in whatever state it was. */
  forget(id: string): void
  /** Another ResourceManager takes over: new timestamp, ids from 1; live applications `lost` vanish. */
  failover(options?: FailoverOptions): void
  setRole(role: Role, activeUrl?: string): void
  /** A second ResourceManager of the same cluster, standby until `setRole`: it knows the same applications. */
  addStandby(options?: { readonly port?: number }): Promise<StandbyYarn>
  /** Stops listening until `up()`; drivers keep their connections. */
  down(): Promise<void>
  up(): Promise<void>
  /** Ends everything; live applications become KILLED first. */
  close(): Promise<void>
}

export interface FailoverOptions {
  readonly timestamp?: number
  /** Ids that the state store had not stored yet. */
  readonly lost?: readonly string[]
}

const downDelayMs = 20
const portRetryMs = 100

/**
 * Starts a stand-in for Hadoop 3.3.6: a ResourceManager and a NodeManager that serves container
 * logs. Behaviour and texts: `contracts/yarn.md`; applications are played, nothing is run.
 */
export async function startYarn(options: YarnOptions = {}): Promise<SandboxYarn> {
  const host = options.host ?? '127.0.0.1'
  const cluster = clusterOf(options, host)
  const timers = createTimers()
  const logs = new ContainerLogs()
  const aggregated = new ContainerLogs()
  const settled = new Set<string>()
  const apps = new Applications(cluster)
  const store = options.stateFile
    ? openStateFile(options.stateFile, () => apps.all(), timers)
    : undefined
  const life = new Life(cluster, logs, changed)
  const player = new Player({ cluster, life, logs, timers })
  const drivers = new DriverStreams(player)
  const faults = createFaultBook({
    forget,
    // Later, so that the request which asks for it gets its answer.
    down: (forMs) => void timers.after(downDelayMs, () => void downFor(forMs))
  })
  const script = new ScriptApi({ cluster, apps, life, player })
  const ended = { user: 'sandbox', reason: 'the sandbox was stopped' }
  for (const app of store?.load() ?? []) {
    apps.restore(app)
    life.killAtOnce(app, ended)
  }

  /** What becomes of the logs of an application that has ended. */
  function logsAfter({ id }: Application): void {
    if (settled.has(id)) return
    settled.add(id)
    const { aggregation, logRetainMs } = options
    if (!aggregation) {
      if (logRetainMs !== undefined) timers.after(logRetainMs, () => logs.drop(id))
      return
    }
    timers.after(aggregation.afterMs, () => {
      const uploaded = new ContainerLogs()
      uploaded.takeOver(id, logs)
      logs.drop(id)
      timers.after(aggregation.gapMs ?? 0, () => {
        aggregated.takeOver(id, uploaded)
        cluster.aggregated?.add(id)
      })
    })
  }

  function changed(app: Application): void {
    drivers.changed(app)
    if (isFinal(app)) logsAfter(app)
    if (isFinal(app)) for (const evicted of apps.evictExcess()) logs.drop(evicted.id)
    store?.touch()
  }

  function forget(id: string): void {
    player.drop(id)
    apps.remove(id)
    logs.drop(id)
    store?.touch()
  }

  const requests = new RequestCounts()
  const context = { resources: { cluster, apps, player, faults }, logs, drivers, timers, requests }
  const rmHandler = createRmHandler(context)
  const standbys: StandbyYarn[] = []
  const rm = await startWebServer({
    host,
    port: options.port ?? 0,
    handle: rmHandler,
    spare: drivers.sockets
  })
  const nodeManagerRequests = new RequestCounts()
  const nmHandler = createNmHandler({
    requests: nodeManagerRequests,
    cluster,
    apps,
    logs,
    faults,
    timers,
    startedAt: cluster.activatedAt
  })
  const nm = await startWebServer({
    host,
    port: options.nodeManagerPort ?? 0,
    handle: nmHandler
  }).catch(async (error: unknown) => {
    await rm.close()
    throw error
  })
  const history = options.aggregation
    ? await startWebServer({
        host,
        port: options.historyPort ?? 0,
        handle: createHistoryHandler({ cluster, logs: aggregated, faults, timers })
      }).catch(async (error: unknown) => {
        await Promise.all([rm.close(), nm.close()])
        throw error
      })
    : undefined
  cluster.historyUrl = history?.url ?? ''
  cluster.webAddress = options.webAddress ?? `${host}:${rm.port}`
  cluster.nodeHttpAddress = options.nodeHttpAddress ?? `${host}:${nm.port}`
  cluster.nodeHost = cluster.nodeHttpAddress.split(':')[0] ?? host

  async function downFor(forMs: number): Promise<void> {
    const back = () => rm.up().catch(() => timers.after(portRetryMs, () => void back()))
    timers.after(forMs, () => void back())
    await rm.down()
  }

  return {
    url: rm.url,
    nodeManagerUrl: nm.url,
    historyUrl: cluster.historyUrl,
    get applications() {
      return apps.all()
    },
    faults,
    get requests() {
      return requests.all()
    },
    get nodeManagerRequests() {
      return nodeManagerRequests.all()
    },
    get role() {
      return cluster.role
    },
    submit: (submission = {}) => script.submit(submission),
    advance: (id, to, how) => script.advance(id, to, how),
    failAttempt: (id, exitCode, diagnostics) => script.failAttempt(id, exitCode, diagnostics),
    log(id, file, text) {
      const containerId = script.find(id).attempts.at(-1)?.containerId ?? ''
      logs.append(containerId, file, text, cluster.clock())
    },
    containersOf: (id) => script.find(id).attempts.at(-1)?.containers ?? [],
    logIn: (containerId, file, text) => void logs.append(containerId, file, text, cluster.clock()),
    rotate: (containerId, file, text) =>
      void logs.replace(containerId, file, text, cluster.clock()),
    nodeManagerDown: () => nm.down(),
    nodeManagerUp: () => nm.up(),
    evict(id) {
      player.drop(id)
      apps.remove(id)
    },
    forget,
    failover({ timestamp = cluster.clock(), lost = [] } = {}) {
      cluster.activatedAt = timestamp
      cluster.epoch++
      cluster.highAvailability = true
      apps.restartSequence()
      for (const id of lost) forget(id)
    },
    setRole(role, activeUrl) {
      cluster.role = role
      cluster.highAvailability = true
      cluster.activeUrl = activeUrl ?? cluster.activeUrl
    },
    async addStandby({ port = 0 } = {}) {
      cluster.highAvailability = true
      const standby = await startStandby(context, { host, port, activeUrl: rm.url })
      standbys.push(standby)
      return standby
    },
    down: () => rm.down(),
    up: () => rm.up(),
    async close() {
      for (const app of apps.live()) {
        player.hold(app.id)
        life.killAtOnce(app, ended)
      }
      timers.close()
      store?.save()
      await drivers.drained()
      const servers = [rm, nm, ...standbys, ...(history ? [history] : [])]
      await Promise.all(servers.map((server) => server.close()))
    }
  }
}

function clusterOf(options: YarnOptions, host: string): Cluster {
  const clock = options.clock ?? Date.now
  return {
    clock,
    scheduler: options.scheduler ?? 'capacity',
    queues: queueTree(options.queues ?? defaultQueues),
    acl: options.acl ?? false,
    admins: options.admins ?? [],
    timing: { ...defaultTiming, ...options.timing },
    nodes: options.nodes ?? 1,
    webAddress: host,
    nodeHost: host,
    nodeHttpAddress: host,
    activatedAt: options.clusterTimestamp ?? clock(),
    epoch: 0,
    role: 'active',
    highAvailability: false,
    aggregated: options.aggregation ? new Set() : undefined,
    historyUrl: '',
    activeUrl: ''
  }
}
