import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { LaunchRequest } from '../../src/domain/launching.ts'
import { CONFIG, requestFor } from '../support/launching.ts'
import { recordingLaunching, recordLaunch } from '../support/recording-launchers.ts'

/** Everything that a shell, a globber, an option parser or a config parser might take for more than text. */
function hostileValues(canary: string): string[] {
  const touch = `touch ${canary}`
  const tight = `touch\${IFS}${canary}`
  return [
    ...[`$(${touch})`, `x$(${touch})y`, `$(${tight})`, `\`${touch}\``, `\`${tight}\``],
    ...[`; ${touch}`, `;${tight};`, `| ${touch}`, `|${tight}`, `& ${touch} &`, `&&${tight}`],
    ...[`|| ${touch}`, `\n${touch}\n`, `\r${touch}`, `\r\n${touch}`, `x\n${touch} #`],
    ...[`" ; ${touch} ; "`, `";${tight};"`, `'; ${touch} ;'`, `';${tight};'`, `$'\\x24(${touch})'`],
    ...[
      `> ${canary}`,
      `>${canary}`,
      `2>${canary}`,
      `<(${touch})`,
      `>(${touch})`,
      `<<< $(${touch})`
    ],
    ...[`\${x:=$(${touch})}`, `$((x[$(${touch})]))`, `\${x@P}$(${touch})`, `!(${touch})`],
    ...[`(${touch})`, `{ ${touch}; }`, `eval ${touch}`, `a=b;${touch}`, `\\$(${touch})`],
    ...[`"$(${touch})"`, `'"'"'$(${touch})'"'"'`, `\u2028${touch}`, `\u202E$(${touch})`],
    ...[
      '*',
      '?',
      '[a-z]*',
      '~',
      '~root',
      '{a,b}',
      '!!',
      '%s%n',
      '\\',
      '"',
      "'",
      '`',
      '$',
      `\${HOME}`
    ],
    ...['-h', '--help', '-Dx=y', '--conf spark.x=y', '--class Evil', '-m local', '@/etc/passwd'],
    ...['a b', 'a\tb', ' ', '', '.', '-', '../../x', '/etc/passwd', 'x'.repeat(10_000), 'a\0b'],
    ...[
      'job-h',
      'seatunnel',
      'SeaTunnel',
      'spark.app.name=x',
      'x" }\nenv { y = "',
      '\u200b',
      '\ufeff'
    ]
  ]
}

const root = t.testdir()
const canary = join(root, 'canary')
const values = hostileValues(canary)
t.ok(new Set(values).size >= 60)
const launching = await recordingLaunching(root)

t.test(
  'without refusal they would be executed: the scripts do evaluate their arguments',
  async (t) => {
    const script = join(root, 'waterdrop/bin/start-waterdrop-flink.sh')
    const env = { PATH: '/usr/bin:/bin', FLINK_HOME: join(root, 'flink') }
    const name = `$(touch ${canary}-control)`
    const work = join(root, 'control/work')
    mkdirSync(work, { recursive: true })
    spawnSync('/bin/bash', [script, '-ynm', name, '--config', 'x.conf'], { env, cwd: work })
    t.ok(existsSync(`${canary}-control`))
  }
)

t.test('as the name of a task: refused, and refused again where it would be used', async (t) => {
  for (const [index, taskName] of values.entries()) {
    for (const engine of ['spark', 'flink'] as const) {
      const request = requestFor('a1', { engine, taskName })
      const label = `${engine}, value ${index}`
      t.ok(
        launching.check(request).some(({ path }) => path === 'taskName'),
        label
      )
      await t.rejects(launching.prepare(request), { name: 'NotStarted' }, label)
    }
  }
  t.same(readdirSync(join(root, 'attempts')), [], 'nothing was written')
  t.notOk(existsSync(canary))
})

t.test('as a tag or an id: refused', async (t) => {
  for (const value of values) {
    const tagged = requestFor('a1', { tags: ['st-i-1', value, 'st-a-1'] })
    // A plain word is a tag; it is no less plain for being a name that tasks may not have.
    if (!/^[a-z0-9][a-z0-9_-]*$/.test(value)) await t.rejects(launching.prepare(tagged))
    if (/^[A-Za-z0-9_-]{1,100}$/.test(value)) continue
    await t.rejects(launching.prepare(requestFor(value)), TypeError)
    await t.rejects(launching.prepare(requestFor('a1', { submissionId: value })), TypeError)
    const attempt = { attemptId: value, identity: undefined, directory: root }
    t.throws(() => launching.fence(attempt), TypeError)
  }
  t.same(readdirSync(join(root, 'attempts')), [])
})

t.test('in a config: refused, or launched without any effect on the launch', async (t) => {
  let launched = 0
  for (const engine of ['spark', 'flink'] as const) {
    const plain = await launch(requestFor(`plain-${engine}`, { engine }))
    t.ok(plain.length > 10)
    const accepts = (config: string) =>
      !launching
        .check(requestFor('a1', { engine, config: Buffer.from(config) }))
        .some(({ severity }) => severity === 'error')
    const asSettings = values.filter((value) => accepts(configWith([value], [])))
    const asRows = values.filter((value) => accepts(configWith([], [value])))
    t.ok(asSettings.length >= 20 && asRows.length >= 60, `${asSettings.length}, ${asRows.length}`)
    const configs = [
      ...inPortions(10, asSettings).map((portion) => configWith(portion, [])),
      ...inPortions(20, asRows).map((portion) => configWith([], portion))
    ]
    for (const [index, config] of configs.entries()) {
      launched++
      const attempt = `${engine}-${index}`
      const argv = await launch(requestFor(attempt, { engine, config: Buffer.from(config) }))
      // A setting is one word, in quotes that spark-submit takes for part of its name (waterdrop.md §1.2).
      const rest = argv.filter((_, at) => !isOwnSetting(argv, at) && !isOwnSetting(argv, at + 1))
      t.same(rest, plain, `${attempt} is called as one without hostile values`)
      t.notOk(existsSync(canary), `${attempt} executes nothing of them`)
    }
  }
  t.comment(`${launched} launches`)

  async function launch(request: LaunchRequest): Promise<string[]> {
    const recorded = await recordLaunch(t, launching, request)
    t.ok(recorded, `${request.attemptId} reached the engine`)
    const path = join(root, 'attempts', request.attemptId)
    return (recorded?.argv ?? []).map((word) => word.replace(path, 'DIR').replace(TAG, 'st-a-X'))
  }
})

const TAG = /st-a-[a-z0-9-]+/

function isOwnSetting(argv: readonly string[], at: number): boolean {
  return argv[at]?.startsWith('"spark.hostile') ?? false
}

/** The values as settings of the engine, as rows, and all of them in comments. */
function configWith(settings: readonly string[], rows: readonly string[]): string {
  const comments = [...settings, ...rows].map((value) => `# ${value.replaceAll(/[\r\n]/g, ' ')}\n`)
  const lines = settings.map(
    (value, index) => `  spark.hostile${index} = ${JSON.stringify(value)}\n`
  )
  const config = CONFIG.replace('Console { }', `Console { rows = ${JSON.stringify(rows)} }`)
  return `${comments.join('')}${config}env {\n${lines.join('')}}\n${comments.join('')}`
}

function inPortions<Item>(size: number, items: readonly Item[]): Item[][] {
  const count = Math.ceil(items.length / size)
  return Array.from({ length: count }, (_, i) => items.slice(i * size, (i + 1) * size))
}
