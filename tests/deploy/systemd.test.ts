import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { loadConfig } from '@scheduler-task/service-base/load-config'
import { environmentWith } from '@scheduler-task/yarn-executor/config'
import t from 'tap'
import { freshDirectory } from '../support/fresh-directory.ts'
import { ROOT, runTool } from './tools.ts'

const UNITS = join(ROOT, 'deploy/systemd')
const EXECUTOR = 'scheduler-task-executor.service'
const OTHERS = 'scheduler-task@.service'
const GATEWAY = 'scheduler-task@gateway.service.d/workers.conf'

const unit = (name: string) => readFile(join(UNITS, name), 'utf8')

/** What systemd says of a unit; the Node that runs the tests stands for the one that will be installed. */
async function verify(dir: string, name: string, text: string) {
  await writeFile(join(dir, name), text.replace('/usr/bin/node', process.execPath))
  return await runTool(['systemd-analyze', 'verify', '--man=no', join(dir, name)])
}

t.test('systemd has nothing to say about the units', async (t) => {
  const texts = [
    [EXECUTOR, await unit(EXECUTOR)],
    [OTHERS, await unit(OTHERS)],
    ['scheduler-task@gateway.service', `${await unit(OTHERS)}\n${await unit(GATEWAY)}`]
  ] as const
  for (const [name, text] of texts) {
    t.strictSame(await verify(freshDirectory(t), name, text), { code: 0, stdout: '', stderr: '' })
  }
  const broken = (await unit(EXECUTOR)).replace('KillMode=', 'KilMode=')
  const { stderr } = await verify(freshDirectory(t), EXECUTOR, broken)
  t.match(stderr, /KilMode/, 'it does look')
})

t.test('a stop leaves the launchers alone and the service time to end', async (t) => {
  const text = await unit(EXECUTOR)
  t.match(text, /^KillMode=process$/m)
  t.match(text, /^OOMPolicy=continue$/m)
  t.notMatch(text, /^(PrivateTmp|ProtectHome|MemoryDenyWriteExecute)=(?!no)/m)
  for (const each of [text, await unit(OTHERS)]) {
    const seconds = Number(/^TimeoutStopSec=(\d+)$/m.exec(each)?.[1])
    t.ok(seconds > 12, `${seconds} s is above SHUTDOWN_TIMEOUT_MS and two seconds`)
    t.match(each, /^User=scheduler-task$/m)
  }
})

t.test('only the gateway is reloaded: the others end on SIGHUP', async (t) => {
  t.match(await unit(GATEWAY), /^ExecReload=\/bin\/kill -HUP \$MAINPID$/m)
  for (const name of [EXECUTOR, OTHERS]) t.notMatch(await unit(name), /^ExecReload=/m)
})

t.test('the example of an environment works once it has a secret', async (t) => {
  const text = await readFile(join(UNITS, 'yarn-executor.env.example'), 'utf8')
  const lines = text.split('\n').filter((line) => /^[A-Z]/.test(line))
  const variables = Object.fromEntries(lines.map((line) => line.split(/=(.*)/s).slice(0, 2)))
  t.throws(() => loadConfig(environmentWith(), variables), /JWT_SECRET/)
  const config = loadConfig(environmentWith(), { ...variables, JWT_SECRET: 's'.repeat(32) })
  for (const name of Object.keys(variables)) t.ok(name in config, `${name} is known`)
})
