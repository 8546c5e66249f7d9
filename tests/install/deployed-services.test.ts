import { mkdirSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { claimsOf, mintToken } from '@scheduler-task/auth/test-support/mint-token'
import { multipartFile } from '@scheduler-task/test-support/multipart'
import t, { type Test } from 'tap'
import { request } from 'undici'
import { freshDirectory } from '../support/fresh-directory.ts'
import type { ServiceProcess } from '../support/service-process.ts'
import { contentsOf, deployAll } from './deploy.ts'
import { NODE_MAJORS, nodeOf } from './node-versions.ts'
import { startDeployed } from './start-deployed.ts'

// What an image holds: each service in a folder of its own, started in a clean environment on each Node that is promised.

const SERVICES = ['gateway', 'azkaban-proxy', 'yarn-executor', 'file-service', 'sandbox'] as const
const SECRET = 'a-secret-of-this-test-run-only-0123456789'
const TOKEN = mintToken(SECRET, claimsOf('any'))
const AUTH = { AUTH_MODE: 'jwt', JWT_SECRET: SECRET }
/** SHUTDOWN_TIMEOUT_MS, and what a service takes beyond it at most. */
const STOP_LIMIT_MS = 12_000

type Form = ReturnType<typeof multipartFile>

async function ask(url: string, sent: { body?: unknown; form?: Form; method?: string } = {}) {
  const { body, form, method = body || form ? 'POST' : 'GET' } = sent
  const response = await request(url, {
    method: method as 'GET' | 'POST',
    headers: {
      token: TOKEN,
      ...(body ? { 'content-type': 'application/json' } : {}),
      ...form?.headers
    },
    ...(body ? { body: JSON.stringify(body) } : {}),
    ...(form ? { body: form.body } : {})
  })
  return (await response.body.json()) as { statusCode: number; data: unknown }
}

async function endsCleanly(t: Test, name: string, service: ServiceProcess): Promise<void> {
  const began = performance.now()
  t.strictSame(await service.stop(), { code: 0, signal: null }, `${name} ends cleanly on SIGTERM`)
  t.ok(performance.now() - began < STOP_LIMIT_MS, 'within its limit')
}

const began = performance.now()
const deployed = await deployAll(freshDirectory(t), SERVICES)
t.comment(`${SERVICES.length} services deployed in ${seconds(began)} s`)

function seconds(since: number): string {
  return ((performance.now() - since) / 1000).toFixed(1)
}

function folderOf(name: (typeof SERVICES)[number]): string {
  return deployed[name] ?? ''
}

t.test('a folder holds what runs and nothing else', async (t) => {
  for (const name of SERVICES) {
    const { files, links, bytes, namesWorkspace, packages } = contentsOf(folderOf(name))
    t.comment(`${name}: ${(bytes / 2 ** 20).toFixed(1)} MB in ${files.length} files`)
    t.strictSame(links, [], `${name} has no symbolic link`)
    t.strictSame(namesWorkspace, [], 'nor a path of the machine that built it')
    const ours = files.filter(
      (path) => !path.includes('node_modules/') || /@scheduler-task/.test(path)
    )
    t.ok(ours.includes('dist/server.js'))
    t.strictSame(
      ours.filter((path) => /\.ts$|\.test\.|(^|\/)(src|test|fixtures)\//.test(path)),
      [],
      'nor our sources or tests'
    )
    const tools = [
      'tap',
      'typescript',
      'tsx',
      '@types/node',
      '@biomejs/biome',
      '@scheduler-task/tests'
    ]
    t.strictSame(
      tools.filter((tool) => packages.has(tool)),
      [],
      'nor development dependencies'
    )
    const { dependencies } = JSON.parse(
      await readFile(join(folderOf(name), 'package.json'), 'utf8')
    )
    for (const dependency of Object.keys(dependencies)) t.ok(packages.has(dependency), dependency)
  }
})

for (const major of NODE_MAJORS) {
  t.test(`on Node ${major}`, async (t) => {
    const node = await nodeOf(major)

    t.test('the file service takes a file and gives it back', async (t) => {
      const service = await startDeployed(
        t,
        { node, folder: folderOf('file-service') },
        {
          ...AUTH,
          FILE_ROOT: freshDirectory(t)
        }
      )
      const version = await request(`${service.url}/version`)
      t.match(await version.body.json(), {
        name: 'file-service',
        node: new RegExp(`^v${major}\\.`)
      })
      const form = multipartFile('hello\n', 'hello.conf')
      t.match(await ask(`${service.url}/file/upload?fileName=hello.conf`, { form }), {
        statusCode: 200,
        data: true
      })
      const file = await request(`${service.url}/file/download?srcfile=hello.conf`, {
        headers: { token: TOKEN }
      })
      t.equal(await file.body.text(), 'hello\n')
      await endsCleanly(t, 'file-service', service)
    })

    t.test('the gateway logs in and knows who asks', async (t) => {
      const password = 'for this test only'
      const service = await startDeployed(
        t,
        { node, folder: folderOf('gateway') },
        {
          DATA_DIR: join(freshDirectory(t), 'data'),
          ADMIN_PASSWORD: password
        }
      )
      const login = await ask(`${service.url}/auth/login`, {
        body: { username: 'admin', password }
      })
      const { token } = login.data as { token: string }
      const me = await request(`${service.url}/auth/me`, { headers: { token } })
      t.match(await me.body.json(), { statusCode: 200, data: { name: 'admin' } })
      await endsCleanly(t, 'gateway', service)
    })

    t.test('on the sandbox', async (t) => {
      const { sandbox, azkabanUrl, files, launchers } = await startSandbox(t, node)

      await t.test('the executor starts a job, is replaced, and stops it', async (t) => {
        const dataDir = join(freshDirectory(t), 'data')
        const startExecutor = () =>
          startDeployed(
            t,
            { node, folder: folderOf('yarn-executor') },
            {
              ...AUTH,
              YARN_RM_URL: sandbox.url,
              FILE_ROOT: files,
              DATA_DIR: dataDir,
              WATERDROP_HOME: join(launchers, 'waterdrop'),
              SPARK_HOME: join(launchers, 'spark'),
              FLINK_HOME: join(launchers, 'flink'),
              HADOOP_CONF_DIR: join(launchers, 'hadoop-conf')
            }
          )
        const before = await startExecutor()
        const started = await ask(`${before.url}/executor/start/spark`, {
          body: {
            master: 'yarn',
            'deploy-mode': 'client',
            configFile: 'application.spark.conf',
            taskName: 'deployed'
          }
        })
        t.match(started, { statusCode: 200, data: /^application_\d+_\d+$/ })
        await endsCleanly(t, 'yarn-executor', before)

        const after = await startExecutor()
        t.match(await ask(`${after.url}/executor/running`), { data: /"name":"deployed"/ })
        t.match(await ask(`${after.url}/executor/stop/${started.data}`, { method: 'POST' }), {
          statusCode: 200,
          data: true
        })
        await endsCleanly(t, 'yarn-executor', after)
      })

      await t.test('the azkaban-proxy logs in and starts a flow', async (t) => {
        const service = await startDeployed(
          t,
          { node, folder: folderOf('azkaban-proxy') },
          { ...AUTH, AZKABAN_URL: azkabanUrl, YARN_RM_URL: sandbox.url }
        )
        const login = await ask(`${service.url}/azkaban/login`, {
          body: { username: 'admin', password: 'admin' }
        })
        t.match(login, { statusCode: 200, data: /"session\.id"/ })
        const sessionId = JSON.parse(String(login.data))['session.id']
        const flow = { sessionId, project: 'test', flow: 'test' }
        t.match(await ask(`${service.url}/azkaban/start`, { body: flow }), {
          statusCode: 200,
          data: /"execid"/
        })
        await endsCleanly(t, 'azkaban-proxy', service)
      })

      await endsCleanly(t, 'sandbox', sandbox)
    })
  })
}

async function startSandbox(t: Test, node: string) {
  const dir = freshDirectory(t)
  const files = join(dir, 'files')
  const launchers = join(dir, 'launchers')
  mkdirSync(files)
  const sandbox = await startDeployed(
    t,
    { node, folder: folderOf('sandbox'), says: /ResourceManager at (http:\/\/[^\s,]+)/ },
    {
      YARN_PORT: '0',
      NODE_MANAGER_PORT: '0',
      AZKABAN_PORT: '0',
      DATA_DIR: join(dir, 'sandbox'),
      LAUNCHERS_DIR: launchers,
      FILE_ROOT: files
    }
  )
  const azkabanUrl = /Azkaban at (http:\S+)/.exec(sandbox.output())?.[1] ?? ''
  return { sandbox, azkabanUrl, files, launchers }
}
