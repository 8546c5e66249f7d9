import { claimsOf, mintToken } from '@scheduler-task/auth/test-support/mint-token'
import { lastingDirectory } from '@scheduler-task/test-support/lasting-directory'
import { until } from '@scheduler-task/test-support/until'
import type { Test } from 'tap'
import { request } from 'undici'
import { SECRET } from './gateway.ts'
import { type GatewayProcess, spawnGateway } from './gateway-process.ts'

/** Counts while the gateway has no sessions (AUTH_MODE=jwt). */
export const token = mintToken(SECRET, claimsOf('of-a-test'))

/** What several workers need that share nothing but a key. */
export function sharing(t: Test, more: Record<string, string> = {}): Record<string, string> {
  return {
    AUTH_MODE: 'jwt',
    JWT_SECRET: SECRET,
    ADMIN_PASSWORD: 'admin',
    DATA_DIR: lastingDirectory(t),
    WORKERS: '2',
    ...more
  }
}

/** A gateway whose workers are all ready. */
export async function startWorkers(
  t: Test,
  variables: Record<string, string>
): Promise<GatewayProcess> {
  const gateway = await spawnGateway(t, variables)
  const wanted = Number(variables.WORKERS ?? 1)
  await until('all workers are ready', () => count(gateway, 'a worker is ready') === wanted)
  return gateway
}

/** How often a line of the log says this. */
export function count(gateway: Pick<GatewayProcess, 'log'>, text: string): number {
  return gateway.log().split(`"msg":"${text}`).length - 1
}

/** SIGHUP, until all workers are others. */
export async function replaceWorkers(gateway: GatewayProcess): Promise<void> {
  const text = 'all workers are replaced'
  const before = count(gateway, text)
  gateway.child.kill('SIGHUP')
  await until('the workers are replaced', () => count(gateway, text) > before)
}

/** On a connection of its own. */
export async function status(url: string): Promise<number | undefined> {
  try {
    const { statusCode, body } = await request(url, { headers: { token }, reset: true })
    await body.dump()
    return statusCode
  } catch {
    return undefined
  }
}
