import { parseArgs } from 'node:util'
import { daemonNames } from './daemons.ts'
import { down, findRunning, renewDigests, up } from './engines.ts'
import { exportLines } from './environment.ts'
import { residentMegabytes } from './process-identity.ts'

const usage = `npm run engines -- up              install what is missing and start the daemons of YARN and an Azkaban
npm run engines -- status          whether they run, and what they take
npm run engines -- digests         fetch everything anew and write down its sha256
npm run -s engines -- env [--json] the environment that makes the product use them
npm run engines -- down [--purge]  stop them; --purge removes the installation, too

They are kept in .engines, or in ENGINES_DIR.
`

async function main(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { json: { type: 'boolean' }, purge: { type: 'boolean' }, help: { type: 'boolean' } }
  })
  const [command, ...others] = positionals
  if (values.help) return print(usage)
  if (others.length > 0) return complain(usage)
  if (command === 'up') return await bringUp()
  if (command === 'down') return await takeDown(values.purge === true)
  if (command === 'status') return await showStatus()
  if (command === 'env') return await showEnvironment(values.json === true)
  if (command === 'digests') return await renew()
  return complain(usage)
}

async function renew(): Promise<number> {
  const count = await renewDigests(process.env, (line) => print(`${line}\n`))
  return print(
    `digests.json has ${count} files now: look at what has changed before it is committed\n`
  )
}

async function bringUp(): Promise<number> {
  const start = performance.now()
  const engines = await up(process.env, (line) => print(`${line}\n`))
  const seconds = ((performance.now() - start) / 1000).toFixed(1)
  const how = engines.started ? `up after ${seconds} s` : 'running already'
  const { resourceManagerUrl, azkabanUrl } = engines
  return print(`ResourceManager at ${resourceManagerUrl}, Azkaban at ${azkabanUrl}: ${how}\n`)
}

async function takeDown(purge: boolean): Promise<number> {
  const stopped = await down(process.env, purge)
  return print(stopped ? 'Stopped\n' : 'Nothing was running\n')
}

async function showStatus(): Promise<number> {
  const engines = await findRunning(process.env)
  if (!engines) {
    print('Not running\n')
    return 3
  }
  print(`ResourceManager at ${engines.resourceManagerUrl}\nAzkaban at ${engines.azkabanUrl}\n`)
  for (const daemon of daemonNames) {
    const pid = engines.daemons[daemon]?.pid ?? 0
    print(`${daemon}: process ${pid}, ${await residentMegabytes(pid)} MB\n`)
  }
  return 0
}

async function showEnvironment(json: boolean): Promise<number> {
  const engines = await findRunning(process.env)
  if (!engines) return complain('The engines do not run: npm run engines -- up\n')
  const { environment } = engines
  return print(json ? `${JSON.stringify(environment, undefined, 2)}\n` : exportLines(environment))
}

function print(text: string): number {
  process.stdout.write(text)
  return 0
}

function complain(text: string): number {
  process.stderr.write(text)
  return 2
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  process.exitCode = complain(`${error instanceof Error ? error.message : String(error)}\n`)
}
