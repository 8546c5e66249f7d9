import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { until } from '@scheduler-task/test-support/until'
import t from 'tap'
import type { LauncherFaults } from '../../src/launchers/launcher-faults.ts'
import type { Running } from './support/run-launcher.ts'
import { type Sandbox, SPARK_STREAM, startSandbox } from './support/sandbox.ts'

const BATCH = SPARK_STREAM.replace('FakeStream {', 'Fake { result_table_name = "t",')
const ID = /application_\d+_\d{4,}/
const all = (launched: Running) => `${launched.stdout}\n${launched.stderr}`

async function start(
  sandbox: Sandbox,
  faults: LauncherFaults,
  text = BATCH,
  before: string[] = []
) {
  await sandbox.cluster.setFaults(faults)
  const script = join(sandbox.cluster.waterdropHome, 'bin/start-waterdrop-spark.sh')
  const words = ['--master', 'yarn', '--deploy-mode', 'client']
  const config = sandbox.config('job.conf', text.replace('env {', 'env {\n  sandbox.run.ms = 50'))
  return sandbox.run([...before, 'bash', script, ...words, '--config', config])
}

const ok = { code: 0, signal: null }

t.test('an id that only the ResourceManager knows', async (t) => {
  const sandbox = await startSandbox(t)
  const launched = await start(sandbox, { hideId: true })
  t.strictSame(await launched.ended, ok)
  t.notMatch(all(launched), ID)
  t.equal(sandbox.yarn.applications.length, 1)
})

t.test('an id that is printed late', async (t) => {
  const sandbox = await startSandbox(t)
  const launched = await start(
    sandbox,
    { idDelayMs: 1500 },
    SPARK_STREAM.replace('FakeStream', 'FakeStream')
  )
  await until(() => sandbox.yarn.applications.length === 1)
  t.notMatch(all(launched), ID)
  await launched.seen(/Submitted application application_/)
  t.strictSame(await launched.ended, ok)
})

t.test('an id in the output of a sink that is none', async (t) => {
  const sandbox = await startSandbox(t)
  const line = 'Submitted application application_1_0001'
  const launched = await start(sandbox, { spoofedLines: [line] })
  t.strictSame(await launched.ended, ok)
  t.ok(launched.stdout.includes(line))
  t.equal(sandbox.stateOf('application_1_0001'), 'unknown')
})

t.test('exit 0 without an application, and another exit code', async (t) => {
  const sandbox = await startSandbox(t)
  t.strictSame(await (await start(sandbox, { exitWithoutApplication: 0 })).ended, ok)
  t.equal(sandbox.yarn.applications.length, 0)
  t.strictSame(await (await start(sandbox, { exitCode: 3 })).ended, { code: 3, signal: null })
  t.equal(sandbox.yarn.applications.length, 1)
})

t.test('SIGTERM is ignored', async (t) => {
  const sandbox = await startSandbox(t)
  const launched = await start(sandbox, { ignoreSigterm: true, hangAt: 'end' })
  await launched.seen(/Successfully stopped SparkContext/)
  launched.kill('SIGTERM')
  launched.kill('SIGTERM')
  await until(() => sandbox.yarn.applications[0]?.state === 'FINISHED')
  t.ok(readdirSync(`/proc/${launched.pid}`), 'never ends')
  launched.kill('SIGKILL')
  t.strictSame(await launched.ended, { code: null, signal: 'SIGKILL' })
})

t.test('it dies between two steps', async (t) => {
  const sandbox = await startSandbox(t)
  const cases: [LauncherFaults, object, number, RegExp][] = [
    [{ dieAt: 'start' }, { code: null, signal: 'SIGKILL' }, 0, /^(?![\s\S]*application_)/],
    [
      { dieAt: 'before-submit', dieBy: 'SIGSEGV' },
      { code: null, signal: 'SIGSEGV' },
      0,
      /Submitting application application_/
    ],
    [
      { dieAt: 'after-submit', dieBy: 9 },
      { code: 9, signal: null },
      1,
      /^(?![\s\S]*Submitted application application_)/
    ],
    [{ dieAt: 'running', dieBy: 1 }, { code: 1, signal: null }, 2, /has started running/],
    [{ dieAt: 'end', dieBy: 'SIGTERM' }, { code: 143, signal: null }, 3, /Successfully stopped/]
  ]
  for (const [faults, end, applications, text] of cases) {
    const launched = await start(sandbox, faults)
    t.strictSame(await launched.ended, end, String(faults.dieAt))
    t.equal(sandbox.yarn.applications.length, applications, String(faults.dieAt))
    t.match(all(launched), text)
  }
})

t.test('it hangs before it submits, or only pauses', async (t) => {
  const sandbox = await startSandbox(t)
  const launched = await start(sandbox, { hangAt: 'before-submit' })
  await launched.seen(/Submitting application application_/)
  launched.kill('SIGTERM')
  t.strictSame(await launched.ended, { code: 143, signal: null })
  t.equal(sandbox.yarn.applications.length, 0)
  const pausing = await start(sandbox, { pauseAt: 'before-submit', pauseMs: 300 })
  t.strictSame(await pausing.ended, ok)
  t.equal(sandbox.yarn.applications.length, 1)
})

t.test('lines in pieces, with the other stream in between', async (t) => {
  const sandbox = await startSandbox(t)
  const launched = await start(sandbox, { partialLines: true })
  t.strictSame(await launched.ended, ok)
  t.match(launched.stderr, /Submitted application application_\d+_\d+\n/, 'whole when put together')
  t.match(launched.stdout, /~~~/)
})

t.test('very much output', async (t) => {
  const sandbox = await startSandbox(t)
  const size = 4 * 1024 * 1024
  const lines = await start(sandbox, { noiseBytes: size })
  t.strictSame(await lines.ended, ok)
  t.ok(lines.stdout.length > size)
  t.equal(/^x+$/m.exec(lines.stdout)?.[0].length, 1023)
  const line = await start(sandbox, {
    noiseBytes: size,
    noiseLineBytes: 2 * size,
    noiseStream: 'stderr'
  })
  t.strictSame(await line.ended, ok)
  t.equal(/x{100,}/.exec(line.stderr)?.[0].length, size)
})

t.test('a grandchild stays, with lock and environment or without', async (t) => {
  for (const keeps of [true, false]) {
    const sandbox = await startSandbox(t)
    const lock = join(sandbox.dir, 'lock')
    writeFileSync(lock, '')
    const grandchild = {
      does: 'sleep',
      ms: 60_000 + process.pid,
      keepsLock: keeps,
      keepsEnvironment: keeps
    } as const
    const fence = ['flock', '--nonblock', '--no-fork', lock]
    const launched = await start(sandbox, { grandchild }, BATCH, fence)
    await launched.seen(/Successfully stopped SparkContext/)
    await until(() => hasEnded(launched.pid))
    const pid = sleeper(grandchild.ms)
    const environment = readFileSync(`/proc/${pid}/environ`, 'utf8')
    t.equal(environment.includes(`HOME=${sandbox.dir}`), keeps, 'environment')
    t.equal(spawnSync('flock', ['--nonblock', lock, 'true']).status, keeps ? 1 : 0, 'lock')
    process.kill(pid, 'SIGKILL')
    t.strictSame(await launched.ended, ok)
  }
})

t.test('a grandchild does the launch after the launcher has ended', async (t) => {
  const sandbox = await startSandbox(t)
  const grandchild = { does: 'launch', ms: 200, keepsLock: false, keepsEnvironment: true } as const
  const launched = await start(sandbox, { grandchild })
  await until(() => hasEnded(launched.pid))
  t.equal(sandbox.yarn.applications.length, 0)
  await until(() => sandbox.yarn.applications[0]?.state === 'FINISHED')
  t.strictSame(await launched.ended, ok)
})

/** The process that sleeps that long. */
function sleeper(ms: number): number {
  const command = `sleep\0${ms / 1000}\0`
  const found = readdirSync('/proc').find(
    (name) => /^\d+$/.test(name) && commandOf(name) === command
  )
  return Number(found)
}

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}

function hasEnded(pid: number): boolean {
  return !readdirSync('/proc').includes(String(pid))
}
