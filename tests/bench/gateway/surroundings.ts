import { randomBytes, randomUUID } from 'node:crypto'
import { mkdirSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { authEnvironment } from '@scheduler-task/auth/auth-config'
import { createTokenSigner } from '@scheduler-task/auth/token-signer'
import { createClient } from 'redis'
import { z } from 'zod'
import type { BenchContext } from '../benchmark.ts'
import { originSettings } from './nginx.ts'
import { allowedCores, type Placement, placementOn } from './placement.ts'
import { freePort, runPinned, untilListening } from './run-pinned.ts'
import type { ServerSettings } from './servers.ts'
import { findTools, type Tools } from './tools.ts'

/** What the load is made of; all numbers are bytes. */
export const SMALL_BYTES = 204
export const LARGE_BYTES = 64 * 1024
export const UPLOAD_BYTES = 1024 * 1024

const TOKENS = 200
const LIFETIME_S = 3 * 3600

/** A session that is alive, and how it ends. */
export type Session = Readonly<{ token: string; end: () => Promise<void> }>

/** What all that is compared has in common. */
export type Surroundings = Readonly<{
  tools: Tools
  placement: Placement
  /** For `startServer`. */
  settings: ServerSettings
  /** A file with a token a line, and how many there are. */
  tokens: Readonly<{ file: string; count: number }>
  /** The origin's answer to a small GET. */
  small: string
  openSession: () => Promise<Session>
}>

export type SurroundingsOptions = Readonly<{
  /** How many, for what is measured. Default: one. */
  cores?: number
  downloadBytes?: number
}>

/** Redis with the sessions, an origin, and tokens; no server to be measured yet. */
export async function makeSurroundings(
  { directory, onEnd }: BenchContext,
  { cores, downloadBytes = 0 }: SurroundingsOptions = {}
): Promise<Surroundings> {
  const tools = findTools()
  const placement = placementOn(allowedCores(), tools.taskset !== null, cores)
  const small = smallAnswer()
  const place = { directory, tools, placement, onEnd }
  const [originPort, redisUrl] = await Promise.all([
    startOrigin(place, { small, downloadBytes }),
    startRedis(place)
  ])
  const secret = randomBytes(32).toString('hex')
  const { openSession, end } = await openSessions(redisUrl, secret)
  onEnd(end)
  const sessions = await Promise.all(Array.from({ length: TOKENS }, openSession))
  const file = join(directory, 'tokens')
  writeFileSync(file, sessions.map(({ token }) => `${token}\n`).join(''))
  return {
    tools,
    placement,
    settings: { ...place, originPort, redisUrl, secret },
    tokens: { file, count: sessions.length },
    small,
    openSession
  }
}

/** JSON of exactly SMALL_BYTES. */
function smallAnswer(): string {
  const [begin, end] = ['{"statusCode":200,"message":"success","data":"', '"}']
  return begin + 'x'.repeat(SMALL_BYTES - begin.length - end.length) + end
}

type Place = Pick<ServerSettings, 'directory' | 'tools' | 'placement' | 'onEnd'>

async function startOrigin(
  { directory: above, tools, placement, onEnd }: Place,
  { small, downloadBytes }: Readonly<{ small: string; downloadBytes: number }>
): Promise<number> {
  const directory = join(above, 'origin')
  const files = join(directory, 'files')
  mkdirSync(files, { recursive: true })
  writeFileSync(join(files, 'large'), 'x'.repeat(LARGE_BYTES))
  writeFileSync(join(files, 'download'), '')
  // A hole that reads as zeros: takes no room on the disk.
  truncateSync(join(files, 'download'), downloadBytes)
  const [port, inner] = [await freePort(), await freePort()]
  const errors = join(directory, 'errors.log')
  const file = originSettings({ directory, port }, { small, inner })
  const origin = runPinned({
    command: tools.nginx,
    parameters: ['-p', directory, '-c', file, '-e', errors],
    variables: tools.variables,
    cores: placement.origin,
    taskset: tools.taskset,
    log: join(directory, 'output.log'),
    errors
  })
  onEnd(origin.end)
  await untilListening(origin, port, [errors])
  return port
}

async function startRedis({ directory, tools, placement, onEnd }: Place): Promise<string> {
  const port = await freePort()
  const log = join(directory, 'redis.log')
  const redis = runPinned({
    command: tools.redis,
    parameters: ['--bind', '127.0.0.1', '--port', String(port), '--save', '', '--dir', directory],
    cores: placement.redis,
    taskset: tools.taskset,
    log,
    errors: log
  })
  onEnd(redis.end)
  await untilListening(redis, port, [log])
  return `redis://127.0.0.1:${port}`
}

/** Sessions as the gateway's own log-in makes them. */
async function openSessions(url: string, secret: string) {
  const redis = createClient({ url, socket: { reconnectStrategy: false } })
  redis.on('error', () => {})
  await redis.connect()
  const sign = createTokenSigner(z.object(authEnvironment).parse({ JWT_SECRET: secret }))
  const openSession = async (): Promise<Session> => {
    const sessionId = randomUUID()
    const record = JSON.stringify({ username: 'bench', roles: ['operator'] })
    await redis.set(sessionId, record, { expiration: { type: 'EX', value: LIFETIME_S } })
    const issuedAt = new Date()
    const expiresAt = new Date(issuedAt.getTime() + LIFETIME_S * 1000)
    const token = sign({ sessionId, name: 'bench', roles: ['operator'], issuedAt, expiresAt })
    return { token, end: async () => void (await redis.del(sessionId)) }
  }
  return { openSession, end: async () => redis.destroy() }
}
