import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { request } from 'undici'
import { gatewaySettings } from './nginx.ts'
import type { Placement } from './placement.ts'
import { freePort, type Pinned, runPinned, untilListening } from './run-pinned.ts'
import type { Tools } from './tools.ts'

/** What is compared. Each is one core's worth: one process, or nginx and the checker beside it. */
export const SERVERS = {
  gateway: 'gateway',
  oneWorker: 'gateway with one worker',
  nginxAuth: 'nginx + auth_request',
  nginxCached: 'nginx + cached checker',
  httpProxy: 'http-proxy, unchecked',
  naive: 'http-proxy + jwt + Redis',
  express: 'Express as usual',
  expressTuned: 'Express tuned',
  nginxLarge: 'nginx + auth_request, large buffers',
  nginx: 'nginx, unchecked'
} as const

export type ServerName = keyof typeof SERVERS

/** What the gateway is compared with, and itself. */
export const COMPARED: readonly ServerName[] = [
  ...(['gateway', 'nginxAuth', 'nginxCached', 'httpProxy', 'naive'] as const),
  ...(['express', 'expressTuned', 'nginx'] as const)
]
/** Where much is sent, nginx is shown as well with more than its usual 16 and 64 KiB of room. */
export const COMPARED_IN_BULK: readonly ServerName[] = [...COMPARED, 'nginxLarge']

/** Lets everybody through: there to be compared with, no gateway. */
export const UNCHECKED: readonly ServerName[] = ['httpProxy', 'nginx']
/** Looks a session up at every request, so that its end counts at once. */
export const UNCACHED: readonly ServerName[] = [
  ...(['nginxAuth', 'nginxLarge', 'naive', 'express', 'expressTuned'] as const)
]

export type ServerSettings = Readonly<{
  directory: string
  originPort: number
  redisUrl: string
  secret: string
  tools: Tools
  placement: Placement
  onEnd: (end: () => Promise<unknown>) => void
}>

export type RunningServer = Readonly<{
  name: ServerName
  url: string
  /** Of all that belongs to it. */
  pids: readonly number[]
  /** Its access log. */
  log: string
  end: () => Promise<void>
}>

export type GatewayOptions = Readonly<{
  workers?: number
  /** Node's own options. */
  nodeOptions?: readonly string[]
}>

const ROOT = join(import.meta.dirname, '../../..')
const GATEWAY = process.env.BENCH_GATEWAY ?? join(ROOT, 'gateway/dist/server.js')
const PEERS = join(import.meta.dirname, 'peers')
const READY_LIMIT_MS = 60_000

export async function startServer(
  name: ServerName,
  settings: ServerSettings
): Promise<RunningServer> {
  if (name === 'gateway') return await startGateway(settings)
  if (name === 'oneWorker') return await startGateway(settings, { workers: 1 })
  if (name === 'nginx') return await startNginx(name, null, settings)
  if (name === 'nginxAuth') return await startNginx(name, 'checker.mjs', settings)
  if (name === 'nginxLarge') return await startNginx(name, 'checker.mjs', settings)
  if (name === 'nginxCached') return await startNginx(name, 'cached-checker.mjs', settings)
  if (name === 'httpProxy') return await startPeer(name, { file: 'http-proxy.mjs' }, settings)
  if (name === 'naive') return await startPeer(name, { file: 'naive.mjs' }, settings)
  const variables: Record<string, string> = name === 'expressTuned' ? { TUNED: '1' } : {}
  return await startPeer(name, { file: 'express.mjs', variables }, settings)
}

/** The built gateway as it is shipped: its defaults, sessions in Redis. */
export async function startGateway(
  settings: ServerSettings,
  { workers, nodeOptions = [] }: GatewayOptions = {}
): Promise<RunningServer> {
  const id = `gateway-${workers ?? 'default'}${nodeOptions.length > 0 ? '-again' : ''}`
  const server = await startNode(id, [...nodeOptions, GATEWAY], settings, {
    HOST: '127.0.0.1',
    EXECUTOR_URL: `http://127.0.0.1:${settings.originPort}`,
    DATA_DIR: join(settings.directory, id, 'data'),
    ...(workers !== undefined && { WORKERS: String(workers) })
  })
  await untilReady(server.url)
  return { name: 'gateway', ...server }
}

async function startPeer(
  name: ServerName,
  { file, variables = {} }: { file: string; variables?: Record<string, string> },
  settings: ServerSettings
): Promise<RunningServer> {
  return { name, ...(await startNode(name, [join(PEERS, file)], settings, variables)) }
}

async function startNode(
  id: string,
  parameters: readonly string[],
  settings: ServerSettings,
  variables: Readonly<Record<string, string>>
) {
  const { directory, log, errors } = filesOf(id, settings)
  const port = await freePort()
  mkdirSync(join(directory, 'data'))
  const server = pinned(settings, {
    command: process.execPath,
    parameters,
    log,
    errors,
    variables: {
      PORT: String(port),
      ORIGIN_URL: `http://127.0.0.1:${settings.originPort}`,
      REDIS_URL: settings.redisUrl,
      JWT_SECRET: settings.secret,
      ...variables
    }
  })
  await untilListening(server, port, [errors, log])
  const { pid, end } = server
  return { port, url: `http://127.0.0.1:${port}`, pids: [pid], log, end }
}

async function startNginx(
  name: ServerName,
  checkerFile: string | null,
  settings: ServerSettings
): Promise<RunningServer> {
  const checker =
    checkerFile === null
      ? null
      : await startNode(`${name}-checker`, [join(PEERS, checkerFile)], settings, {})
  const { directory, log, errors } = filesOf(name, settings)
  const port = await freePort()
  const place = { directory, port, origin: settings.originPort }
  const file = gatewaySettings({
    ...place,
    checker: checker?.port ?? null,
    hasLargeBuffers: name === 'nginxLarge'
  })
  const nginx = pinned(settings, {
    command: settings.tools.nginx,
    parameters: ['-p', directory, '-c', file, '-e', errors],
    log: join(directory, 'output.log'),
    errors,
    variables: settings.tools.variables
  })
  await untilListening(nginx, port, [errors])
  return {
    name,
    url: `http://127.0.0.1:${port}`,
    pids: [nginx.pid, ...(checker?.pids ?? [])],
    log,
    end: async () => void (await Promise.all([nginx.end(), checker?.end()]))
  }
}

function filesOf(id: string, settings: ServerSettings) {
  const directory = join(settings.directory, id)
  mkdirSync(directory, { recursive: true })
  return { directory, log: join(directory, 'access.log'), errors: join(directory, 'errors.log') }
}

type PinnedServer = Omit<Parameters<typeof runPinned>[0], 'cores' | 'taskset'>

function pinned({ placement, tools, onEnd }: ServerSettings, options: PinnedServer): Pinned {
  const server = runPinned({ ...options, cores: placement.measured, taskset: tools.taskset })
  onEnd(server.end)
  return server
}

async function untilReady(url: string): Promise<void> {
  const endsAt = performance.now() + READY_LIMIT_MS
  for (;;) {
    const { statusCode, body } = await request(`${url}/ready`)
    const text = await body.text()
    if (statusCode === 200) return
    if (performance.now() > endsAt) throw new Error(`the gateway is not ready: ${text}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
