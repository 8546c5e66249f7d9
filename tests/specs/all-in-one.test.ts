import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { until } from '@scheduler-task/test-support/until'
import t, { type Test } from 'tap'
import { freshDirectory } from '../support/fresh-directory.ts'
import { bareNode } from '../support/service-process.ts'

// `npm start` as a newcomer meets it: one process, five commands, Ctrl-C.

const MEMORY_LIMIT_MB = 150
const ENTRY = join(
  dirname(createRequire(import.meta.url).resolve('@scheduler-task/all-in-one/package.json')),
  'dist/server.js'
)

function start(t: Test, dataDir: string, variables: Record<string, string> = {}) {
  const child = spawn('env', bareNode(ENTRY), {
    env: {
      PATH: process.env.PATH ?? '',
      HOME: dataDir,
      PORT: '0',
      LOG_LEVEL: 'warn',
      DATA_DIR: dataDir,
      ...variables
    }
  })
  const ended = once(child, 'close')
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  }
  const end = async (signal: NodeJS.Signals) => {
    child.kill(signal)
    const [code] = (await ended) as [number | null]
    return code
  }
  t.teardown(() => end('SIGKILL'))
  return { pid: child.pid ?? 0, output: () => output, end, ended }
}

async function ready(product: ReturnType<typeof start>): Promise<string> {
  await until(() => product.output().includes('Ctrl-C ends everything'))
  return product.output()
}

/** The five commands as they are printed, run by bash in their order. */
async function paste(t: Test, said: string): Promise<string> {
  const commands = said.slice(said.indexOf('# 1 log in'), said.indexOf('Ctrl-C ends'))
  const bash = spawn('bash', ['-s'], { env: { PATH: process.env.PATH ?? '' } })
  t.teardown(() => bash.kill('SIGKILL'))
  let output = ''
  bash.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  bash.stdin.end(commands)
  await once(bash, 'close')
  return output
}

/** Processes whose environment names this data directory: launchers of this very product. */
function launchersBelow(dataDir: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const environment = readFileSync(`/proc/${pid}/environ`, 'utf8')
        return environment.includes('SCHEDULER_TASK_ATTEMPT=') && environment.includes(dataDir)
      } catch {
        return false
      }
    })
    .map(Number)
}

t.test(
  'it says where it is and how to use it, and the five commands work as printed',
  async (t) => {
    const dataDir = freshDirectory(t)
    const product = start(t, dataDir)
    const said = await ready(product)
    t.match(said, /SANDBOX: no YARN and no Azkaban is configured/)
    t.match(said, /user +admin/)
    t.comment(said.split('\n')[1] ?? '')
    const megabytes = Number(/, (\d+) MB;/.exec(said)?.[1])
    t.ok(megabytes < MEMORY_LIMIT_MB, `${megabytes} MB is below ${MEMORY_LIMIT_MB} MB`)
    const lines = (await paste(t, said)).trim().split('\n')
    t.match(lines[0], /^eyJ[\w-]+\.[\w-]+\.[\w-]+$/, 'a token')
    t.equal(lines[1], '{"statusCode":200,"message":"成功!","data":true}', 'uploaded')
    t.match(lines[2], /^application_\d+_\d{4}$/, 'an application id')
    t.match(lines[3], /^\{"statusCode":200,"message":"成功!","data":"(ACCEPTED|RUNNING)"\}$/)
    t.match(lines[4], /^\{"statusCode":200,.*\\"name\\":\\"hello\\"/, 'its report')
    t.equal(lines[5], '{"statusCode":200,"message":"成功!","data":true}', 'stopped')
    t.equal(await product.end('SIGINT'), 0)
  }
)

t.test('the Azkaban commands of README.md work as printed', async (t) => {
  const product = start(t, freshDirectory(t))
  const said = await ready(product)
  t.match(said, /no Azkaban/)
  const address = /ready at (\S+)/.exec(said)?.[1] ?? ''
  const readme = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8')
  const [, block = ''] = /Then an Azkaban flow[\s\S]*?```bash\n([\s\S]*?)```/.exec(readme) ?? []
  const logIn = said.slice(said.indexOf('# 1 log in'), said.indexOf('# 2 upload'))
  const commands = `# 1 log in\n${logIn}${block.replaceAll('http://127.0.0.1:8080', address)}Ctrl-C ends`
  const [, session, started, application] = (await paste(t, commands)).trim().split('\n')
  t.match(session, /^[0-9a-f-]{36}$/, 'a session of Azkaban')
  t.match(started, /^\{"statusCode":200,.*Execution submitted successfully with exec id 1\\"/)
  t.match(application, /^\{"statusCode":200,"message":"成功!","data":"application_\d+_\d{4}"\}$/)
})

t.test('what it keeps is for its user alone, and a restart finds it again', async (t) => {
  const dataDir = freshDirectory(t)
  const first = start(t, dataDir)
  const said = await ready(first)
  const upToStart = said.replace(/# 4 [\s\S]*Ctrl-C ends/, 'Ctrl-C ends')
  const id = (await paste(t, upToStart)).trim().split('\n').at(-1) ?? ''
  t.match(id, /^application_/)
  await until(() => launchersBelow(dataDir).length > 0)
  t.equal(await first.end('SIGINT'), 0)
  t.strictSame(launchersBelow(dataDir), [], 'the sandbox’s launchers ended with it')
  t.equal(statSync(dataDir).mode & 0o777, 0o700)
  for (const name of ['admin-password', 'jwt-secret', 'users.json', 'sessions.json']) {
    t.equal(statSync(join(dataDir, 'gateway', name)).mode & 0o777, 0o600, name)
  }

  const second = start(t, dataDir)
  const saidAgain = await ready(second)
  const password = /password +(\S+)/
  t.equal(password.exec(saidAgain)?.[1], password.exec(said)?.[1], 'the same password')
  const address = /ready at (\S+)/.exec(saidAgain)?.[1] ?? ''
  const login = await fetch(`${address}/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username: 'admin', password: password.exec(saidAgain)?.[1] })
  })
  const { data } = (await login.json()) as { data: { token: string } }
  const status = await fetch(`${address}/executor/status/${id}`, { headers: { token: data.token } })
  t.strictSame(await status.json(), { statusCode: 200, message: '成功!', data: 'KILLED' })
  t.equal(await second.end('SIGTERM'), 0)
})

t.test('a second process on the same data directory is refused', async (t) => {
  const dataDir = freshDirectory(t)
  await ready(start(t, dataDir))
  const second = start(t, dataDir)
  const [code] = (await second.ended) as [number | null]
  t.equal(code, 2)
  t.match(second.output(), /DATA_DIR.*in use by another process/)
})

t.test('a port that is taken is said in one clear sentence', async (t) => {
  const first = start(t, freshDirectory(t))
  const port = /ready at http:\/\/127\.0\.0\.1:(\d+)/.exec(await ready(first))?.[1] ?? ''
  const second = start(t, freshDirectory(t), { PORT: port })
  const [code] = (await second.ended) as [number | null]
  t.not(code, 0)
  t.match(second.output(), new RegExp(`PORT.*${port}.*in use`))
})

t.test('with a real Azkaban alone, calls to YARN say which variable is missing', async (t) => {
  const product = start(t, freshDirectory(t), { AZKABAN_URL: 'https://azkaban.example:8443' })
  const said = await ready(product)
  t.notMatch(said, /SANDBOX:/)
  t.match(said, /NO YARN: YARN_RM_URL is not set/)
  const address = /ready at (\S+)/.exec(said)?.[1] ?? ''
  const password = /password +(\S+)/.exec(said)?.[1]
  const login = await fetch(`${address}/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username: 'admin', password })
  })
  const { data } = (await login.json()) as { data: { token: string } }
  const running = await fetch(`${address}/executor/running`, { headers: { token: data.token } })
  t.equal(running.status, 503)
  t.ok(running.headers.get('retry-after'))
  t.match(await running.json(), { statusCode: 503, data: /YARN_RM_URL/ })
})

t.test('SIGKILL leaves nothing that hinders the next start', async (t) => {
  const dataDir = freshDirectory(t)
  const first = start(t, dataDir)
  await paste(t, (await ready(first)).replace(/# 4 [\s\S]*Ctrl-C ends/, 'Ctrl-C ends'))
  await first.end('SIGKILL')
  const second = start(t, dataDir)
  await ready(second)
  t.ok(existsSync(join(dataDir, 'executor')))
  t.equal(await second.end('SIGINT'), 0)
  t.strictSame(launchersBelow(dataDir), [], 'launchers of the killed process ended, too')
})
