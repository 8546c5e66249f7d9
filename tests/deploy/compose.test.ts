import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as azkabanProxy from '@scheduler-task/azkaban-proxy/config'
import * as fileService from '@scheduler-task/file-service/config'
import { environment as gateway } from '@scheduler-task/gateway/config'
import { environment as sandbox } from '@scheduler-task/sandbox/config'
import { loadConfig } from '@scheduler-task/service-base/load-config'
import * as yarnExecutor from '@scheduler-task/yarn-executor/config'
import t from 'tap'
import type { z } from 'zod'
import { composeCheck, ROOT, runTool } from './tools.ts'

type Volume = { type: string; source: string; target: string; read_only?: boolean }
type Service = {
  build?: { dockerfile: string; args: Record<string, string> }
  depends_on?: Record<string, { condition: string; required: boolean }>
  environment?: Record<string, string>
  networks: Record<string, unknown>
  ports?: { host_ip?: string; published: string; target: number }[]
  volumes?: Volume[]
} & Record<string, unknown>
type Model = { services: Record<string, Service>; networks: Record<string, { internal?: boolean }> }

/** How each service reads its environment. */
const SCHEMAS = {
  'azkaban-proxy': [azkabanProxy.environment, azkabanProxy.environmentWith()],
  'file-service': [fileService.environment, fileService.environmentWith()],
  'yarn-executor': [yarnExecutor.environment, yarnExecutor.environmentWith()],
  gateway: [gateway, gateway],
  sandbox: [sandbox, sandbox]
} as const
const SECRETS = { JWT_SECRET: 's'.repeat(32), ADMIN_PASSWORD: 'p' }
const CLUSTER = { YARN_RM_URL: 'http://rm.example:8088', AZKABAN_URL: 'https://azkaban.example' }
/** As docs/deploy.md says: .env is a copy of the example. */
const SANDBOX = ['.env.example', 'deploy/sandbox.env']
const program = await composeCheck()

/** Without a file of variables none is read: a .env of whoever runs the tests does not count. */
const check = (variables: Record<string, string>, ...envFiles: string[]) =>
  runTool([program, 'docker-compose.yml', ...(envFiles[0] ? envFiles : ['/dev/null'])], variables)

async function load(variables: Record<string, string>, ...envFiles: string[]): Promise<Model> {
  const { stdout, stderr } = await check({ ...SECRETS, ...variables }, ...envFiles)
  if (!stdout) throw new Error(stderr)
  return JSON.parse(stdout) as Model
}

/** The services that are built here. */
const ours = ({ services }: Model) => Object.entries(services).filter(([, { build }]) => build)

async function variablesOfExample(): Promise<Map<string, string>> {
  const text = await readFile(join(ROOT, '.env.example'), 'utf8')
  const lines = text.split('\n').filter((line) => /^[A-Z]/.test(line))
  return new Map(lines.map((line) => line.split('=', 2) as [string, string]))
}

t.test('nothing starts without secrets and a cluster', async (t) => {
  const given = { ...SECRETS, ...CLUSTER }
  for (const name of Object.keys(given)) {
    for (const value of ['', undefined]) {
      const { [name as keyof typeof given]: _, ...others } = given
      const { code, stderr } = await check(value === undefined ? others : { ...others, [name]: '' })
      t.equal(code, 1)
      t.match(stderr, new RegExp(`variable ${name} is missing a value`))
    }
  }
})

t.test('on a real cluster: Redis and four services, one of them published', async (t) => {
  const model = await load(CLUSTER)
  const names = ['azkaban-proxy', 'file-service', 'gateway', 'redis', 'yarn-executor']
  t.strictSame(Object.keys(model.services).sort(), names)
  for (const [name, { ports }] of Object.entries(model.services)) {
    if (name !== 'gateway') t.equal(ports, undefined, `${name} is not published`)
  }
  t.match(model.services.gateway?.ports, [
    { host_ip: '127.0.0.1', published: '8080', target: 8080 }
  ])
  t.strictSame(Object.keys(model.services.redis?.networks ?? {}), ['sessions'])
  t.equal(model.networks.sessions?.internal, true)
})

t.test('every service is a good guest', async (t) => {
  for (const [name, service] of ours(await load({}, ...SANDBOX))) {
    t.match(
      service,
      {
        build: { dockerfile: 'deploy/Dockerfile', args: { SERVICE: name } },
        init: true,
        restart: 'unless-stopped',
        read_only: true,
        user: '10001:10001',
        cap_drop: ['ALL'],
        security_opt: ['no-new-privileges:true'],
        mem_limit: /^\d+$/,
        healthcheck: { test: ['CMD', '/usr/local/bin/node', '/app/health-check.mjs'] }
      },
      name
    )
    const seconds = Number(/^(\d+)s$/.exec(String(service.stop_grace_period))?.[1])
    t.ok(seconds > 12, `${seconds} s is above SHUTDOWN_TIMEOUT_MS and two seconds`)
    const writable = (service.volumes ?? []).some(({ target }) => target === '/tmp')
    t.ok(writable || service.tmpfs, `${name} has a /tmp`)
  }
})

t.test('each service takes its variables, and knows all of them', async (t) => {
  const dockerfile = await readFile(join(ROOT, 'deploy/Dockerfile'), 'utf8')
  // Of the last stage: the ones before only build.
  const stage = dockerfile.slice(dockerfile.lastIndexOf('\nFROM '))
  const [, env = ''] = /^ENV (.*?)\n(?!\s)/ms.exec(stage) ?? []
  const image = Object.fromEntries(
    [...env.matchAll(/([A-Z_]+)=(\S+)/g)].map(([, name, value]) => [name, value])
  )
  t.match(image, { HOST: '0.0.0.0', PORT: '8080', DATA_DIR: '/data', FILE_ROOT: '/files' })
  for (const variables of [CLUSTER, undefined]) {
    const model = variables ? await load(variables) : await load({}, ...SANDBOX)
    for (const [name, service] of ours(model)) {
      const [{ shape }, schema] = SCHEMAS[name as keyof typeof SCHEMAS]
      for (const variable of Object.keys(service.environment ?? {})) {
        t.ok(variable in shape || variable === 'HEALTH_URL', `${name} knows ${variable}`)
      }
      t.ok(
        loadConfig<z.ZodType>(schema, { ...image, ...service.environment }),
        `${name} takes them`
      )
    }
  }
})

t.test('the certificates of a private Azkaban are a file of the host', async (t) => {
  const { services } = await load({ ...CLUSTER, AZKABAN_CA_FILE: '/etc/ssl/azkaban.pem' })
  const { environment, volumes } = services['azkaban-proxy'] ?? {}
  const target = environment?.AZKABAN_CA_FILE
  t.match(
    volumes?.find((volume) => volume.target === target),
    { type: 'bind', source: '/etc/ssl/azkaban.pem', read_only: true }
  )
  const proxy = (await load(CLUSTER)).services['azkaban-proxy']
  t.equal(proxy?.environment?.AZKABAN_CA_FILE, '', 'none, the usual ones count')
})

t.test('secrets go where they are needed', async (t) => {
  for (const [name, { environment = {} }] of Object.entries(
    (await load({}, ...SANDBOX)).services
  )) {
    t.equal('ADMIN_PASSWORD' in environment, name === 'gateway', name)
    t.equal('JWT_SECRET' in environment, !['redis', 'sandbox'].includes(name), name)
  }
})

t.test('addresses name services and the ports that they listen on', async (t) => {
  const { services } = await load({}, ...SANDBOX)
  const ports = (name: string) =>
    Object.entries(services[name]?.environment ?? {}).flatMap(([variable, value]) =>
      variable.endsWith('PORT') ? [value] : []
    )
  let seen = 0
  for (const [name, service] of ours({ services, networks: {} })) {
    for (const [variable, value] of Object.entries(service.environment ?? {})) {
      if (!variable.endsWith('_URL') || ['REDIS_URL', 'HEALTH_URL'].includes(variable)) continue
      const { hostname, port } = new URL(value)
      t.ok(ports(hostname).includes(port), `${name}: ${variable} is ${value}`)
      seen++
    }
  }
  t.ok(seen >= 6)
})

t.test(
  'the executor reads the files of the file service, and launches what the sandbox wrote',
  async (t) => {
    const { services } = await load({}, ...SANDBOX)
    const mount = (name: string, at: string) =>
      services[name]?.volumes?.find(({ target }) => target === at)
    t.match(mount('file-service', '/files'), { type: 'volume', source: 'files' })
    t.match(mount('yarn-executor', '/files'), { type: 'volume', source: 'files', read_only: true })
    t.match(mount('sandbox', '/opt/launchers'), { type: 'volume', source: 'launchers' })
    t.match(mount('yarn-executor', '/opt/launchers'), { type: 'volume', source: 'launchers' })
    t.match(services['yarn-executor']?.environment, { WATERDROP_HOME: /^\/opt\/launchers\// })
    t.match(services['yarn-executor']?.depends_on, {
      redis: { condition: 'service_healthy' },
      sandbox: { condition: 'service_healthy', required: false }
    })

    const real = await load({ ...CLUSTER, LAUNCHERS_DIR: '/srv/launchers' })
    t.match(real.services['yarn-executor']?.volumes, [
      ...Array.from({ length: 3 }, () => ({})),
      { type: 'bind', source: '/srv/launchers', target: '/opt/launchers' }
    ])
  }
)

t.test('the example names every variable, and holds no secret', async (t) => {
  const example = await variablesOfExample()
  const text = await readFile(join(ROOT, 'docker-compose.yml'), 'utf8')
  const used = new Set([...text.matchAll(/\$\{([A-Z0-9_]+)/g)].map(([, name = '']) => name))
  t.strictSame([...example.keys()].sort(), [...used].sort())
  for (const name of Object.keys({ ...SECRETS, ...CLUSTER })) t.equal(example.get(name), '', name)
  t.strictSame(
    (await load(CLUSTER, '.env.example')).services,
    (await load({ ...CLUSTER, ...Object.fromEntries([...example].filter(([, value]) => value)) }))
      .services,
    'what it says is what compose takes'
  )
})
