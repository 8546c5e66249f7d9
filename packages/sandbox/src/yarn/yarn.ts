import { type Application, type InternalState, isFinal } from './application.ts'
import { Applications } from './applications.ts'
import { type Cluster, defaultTiming, type Role, type Timing } from './cluster.ts'
import { ContainerLogs } from './container-logs.ts'
import { DriverStreams } from './driver-streams.ts'
import { createFaultBook, type FaultBook } from './faults.ts'
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
  /** First number of the ids; default the time of the start. */
  readonly clusterTimestamp?: number
}

export interface SandboxYarn {
  /** Base URL of the ResourceManager, without a slash at the end. */
  readonly url: string
  readonly nodeManagerUrl: string
  /** All applications that the ResourceManager remembers, in order of submission. */
  readonly applications: readonly Application[]
  readonly faults: FaultBook
  /** Calls that its ResourceManagers have got: `{ 'GET /ws/v1/cluster/apps/{id}': 3 }`. */
  readonly requests: Readonly<Record<string, number>>
  readonly role: Role
  /** Submits past the wire and holds the application in SUBMITTED, unless `am` plays it. */
  submit(options?: SubmitOptions): string
  advance(id: string, to: InternalState, options?: AdvanceOptions): void
  failAttempt(id: string, exitCode?: number, diagnostics?: string): void
  /** Adds to a log file of the current attempt's AM container. */
  log(id: string, file: string, text: string): void
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

  function changed(app: Application): void {
    drivers.changed(app)
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
  const nmHandler = createNmHandler({
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
    get applications() {
      return apps.all()
    },
    faults,
    get requests() {
      return requests.all()
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
      await Promise.all([rm, nm, ...standbys].map((server) => server.close()))
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
    activeUrl: ''
  }
}
