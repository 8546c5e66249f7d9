import { join } from 'node:path'
import { type RedisServer, startRedis } from '@scheduler-task/auth/test-support/redis-server'
import { type SandboxAzkaban, startAzkaban } from '@scheduler-task/sandbox/azkaban/azkaban'
import { defaultProjects } from '@scheduler-task/sandbox/azkaban/default-projects'
import { writeSampleConfigs } from '@scheduler-task/sandbox/launchers/sample-configs'
import { writeSandboxCluster } from '@scheduler-task/sandbox/launchers/sandbox-cluster'
import { type SandboxYarn, startYarn } from '@scheduler-task/sandbox/yarn/yarn'
import { lastingDirectory } from '@scheduler-task/test-support/lasting-directory'
import type { Test } from 'tap'
import { request } from 'undici'
import { type ServiceProcess, startService } from './service-process.ts'

/** The key that signs tokens in every service of the system. */
export const SECRET = 'a-secret-of-this-test-run-only-0123456789'
export const PASSWORD = 'a password for this test only'

const PART_NAMES = ['gateway', 'executor', 'files', 'azkaban'] as const
export type PartName = (typeof PART_NAMES)[number]

export type SystemOptions = {
  /** What the stand-in for Azkaban has. Default: its own projects. */
  projects?: typeof defaultProjects
  /** Variables of one part, besides or in place of the usual ones. */
  variables?: Partial<Record<PartName, Record<string, string>>>
}

export type System = {
  parts: Readonly<Record<PartName, ServiceProcess>>
  redis: RedisServer
  yarn: SandboxYarn
  azkaban: SandboxAzkaban
  /** Everything that the parts write. */
  directory: string
  /** FILE_ROOT. */
  files: string
  /** Of the user admin, from a log-in through the gateway. */
  token: string
}

/**
 * The whole system as it is deployed: Redis, gateway and the three services as processes of their own, stand-ins for
 * YARN and Azkaban. All of it ends with the test.
 */
export async function startSystem(t: Test, options: SystemOptions = {}): Promise<System> {
  const { projects = defaultProjects, variables = {} } = options
  const redis = await startRedis(t)
  const yarn = await startYarn()
  t.teardown(() => yarn.close())
  const azkaban = await startAzkaban({ version: '2.5.0', yarnUrl: yarn.url, projects })
  t.teardown(() => azkaban.close())
  const directory = lastingDirectory(t, {
    files: { 'a-directory': {} },
    data: {},
    gateway: {},
    sandbox: {}
  })
  const files = join(directory, 'files')
  const cluster = await writeSandboxCluster(join(directory, 'sandbox'), {
    resourceManagerUrl: yarn.url
  })
  const shared = { REDIS_URL: redis.url, JWT_SECRET: SECRET, FILE_ROOT: files, YARN_USER: 'hadoop' }
  const start = (name: PartName, packageName: string, own: Record<string, string>) =>
    startService(t, packageName, { ...shared, ...own, ...variables[name] })

  const [fileService, executor, azkabanProxy] = await Promise.all([
    start('files', '@scheduler-task/file-service', {}),
    start('executor', '@scheduler-task/yarn-executor', {
      ...cluster.environment,
      DATA_DIR: join(directory, 'data'),
      YARN_RM_URL: yarn.url,
      KILL_GRACE_MS: '2000'
    }),
    start('azkaban', '@scheduler-task/azkaban-proxy', {
      AZKABAN_URL: azkaban.url,
      YARN_RM_URL: yarn.url
    })
  ])
  const gateway = await start('gateway', '@scheduler-task/gateway', {
    DATA_DIR: join(directory, 'gateway'),
    ADMIN_PASSWORD: PASSWORD,
    AZKABAN_PROXY_URL: azkabanProxy.url,
    EXECUTOR_URL: executor.url,
    FILE_SERVICE_URL: fileService.url
  })
  await writeSampleConfigs(files)
  return {
    parts: { gateway, executor, files: fileService, azkaban: azkabanProxy },
    redis,
    yarn,
    azkaban,
    directory,
    files,
    token: await logIn(gateway.url)
  }
}

/** Logs the user admin in; answers the token. */
export async function logIn(url: string): Promise<string> {
  const { body } = await request(`${url}/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username: 'admin', password: PASSWORD })
  })
  const { data } = (await body.json()) as { data: { token: string } }
  return data.token
}
