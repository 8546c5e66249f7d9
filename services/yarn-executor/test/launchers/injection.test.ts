import { lastingDirectory } from '@scheduler-task/test-support/lasting-directory'
import t, { type Test } from 'tap'
import type { DeployMode, Engine, LaunchRequest, ProfileName } from '../../src/domain/launching.ts'
import type { LauncherProfile } from '../../src/launchers/launcher-profile.ts'
import { attackConfigs, attackStrings } from '../support/attack-strings.ts'
import {
  type AttackedLaunchers,
  attackedLaunchers,
  type Run
} from '../support/attacked-launchers.ts'
import { requestFor } from '../support/launching.ts'

/** One profile on one engine in one mode, and a request of it that attacks nothing. */
type Target = Readonly<{ name: string; profile: LauncherProfile; plain: LaunchRequest }>
/** Part of a request that is made of a text. */
type Field = (text: string, target: Target) => Partial<LaunchRequest>

const TARGETS: readonly (readonly [ProfileName, Engine, DeployMode])[] = [
  ['waterdrop-2', 'spark', 'client'],
  ['waterdrop-2', 'spark', 'cluster'],
  ['waterdrop-2', 'flink', 'client'],
  ['waterdrop-1', 'spark', 'client'],
  ['waterdrop-1', 'spark', 'cluster'],
  ['seatunnel-2.3', 'spark', 'client'],
  ['seatunnel-2.3', 'spark', 'cluster'],
  ['seatunnel-2.3', 'flink', 'client'],
  ['seatunnel-2.3-direct', 'spark', 'client'],
  ['seatunnel-2.3-direct', 'spark', 'cluster'],
  ['seatunnel-2.3-direct', 'flink', 'client'],
  ['spark-submit', 'spark', 'client'],
  ['spark-submit', 'spark', 'cluster'],
  ['flink', 'flink', 'client'],
  ['flink', 'flink', 'cluster']
]
const HARMLESS = 'harmless'

function settingName({ plain }: Target, index: number | string): string {
  return plain.engine === 'spark' ? `spark.hostile${index}` : `hostile.key${index}`
}

/** Fields that hold one text: each that is accepted is launched on its own. */
const SINGLE: Readonly<Record<string, Field>> = {
  taskName: (taskName) => ({ taskName }),
  queue: (queue) => ({ queue }),
  mainClass: (mainClass) => ({ mainClass })
}
/** Fields that hold many: all that are accepted go into one launch. */
const MANY: Readonly<
  Record<string, (texts: readonly string[], target: Target) => Partial<LaunchRequest>>
> = {
  'names of variables': (texts) => ({
    variables: Object.fromEntries(texts.map((text) => [text, 'v']))
  }),
  'values of variables': (texts) => ({
    variables: Object.fromEntries(texts.map((text, index) => [`city${index}`, text]))
  }),
  'names of settings': (texts, target) => ({
    conf: Object.fromEntries(texts.map((text) => [settingName(target, text), 'v']))
  }),
  'whole names of settings': (texts) => ({
    conf: Object.fromEntries(texts.map((text) => [text, 'v']))
  }),
  'values of settings': (texts, target) => ({
    conf: Object.fromEntries(texts.map((text, index) => [settingName(target, index), text]))
  }),
  arguments: (args) => ({ args }),
  'values of the config': (values, { plain }) =>
    isProgram(plain)
      ? {}
      : configOf(
          plain,
          values.map((value, index) =>
            blockOf(plain, `spark.hostile${index} = ${JSON.stringify(value)}`)
          )
        ),
  'values in other blocks': (rows, { plain }) => (isProgram(plain) ? {} : configOf(plain, [], rows))
}

t.test('what reaches spark-submit and flink is what was asked for', async (t) => {
  const launchers = await attackedLaunchers(lastingDirectory(t))
  const texts = attackStrings(launchers.canaries)
  t.ok(new Set(texts).size >= 150, `${new Set(texts).size} texts`)
  const counts = { refused: 0, launched: 0 }
  const launched = new Set<string>()
  for (const target of targetsOf(launchers)) {
    t.ok(accepts(t, target, {}), `${target.name} takes what attacks nothing`)
    const plain = await launchers.launch(target.profile, target.plain)
    t.equal(plain.calls, 1, target.name)
    const whole = [...plain.argv, ...plain.java].join(' ')
    t.match(whole, target.plain.tags[0], `${target.name}: its own settings have arrived`)
    t.notMatch(whole, 'ERROR', target.name)
    await attackSingle(t, launchers, { target, texts, counts, launched })
    await attackMany(t, launchers, { target, texts, counts })
    await attackNames(t, launchers, { target, texts })
    await attackConfig(t, launchers, { target, plain, counts, launched })
    t.same(launchers.takeCanaries(), [], `${target.name} executes nothing`)
  }
  t.ok(counts.refused > 4000 && counts.launched > 100)
  t.comment(`${counts.refused} refused, ${counts.launched} launches`)
})

type Attack = Readonly<{
  target: Target
  texts: readonly string[]
  counts: { refused: number; launched: number }
}>

async function attackSingle(
  t: Test,
  launchers: AttackedLaunchers,
  attack: Attack & { launched: Set<string> }
) {
  const { target, texts, counts, launched } = attack
  for (const [field, make] of Object.entries(SINGLE)) {
    const harmless = { ...target.plain, ...make(HARMLESS, target) }
    const accepted = texts.filter((text) => accepts(t, target, make(text, target)))
    counts.refused += texts.length - accepted.length
    if (accepted.length === 0) continue
    const expected = await launchers.launch(target.profile, harmless)
    for (const text of accepted.filter(
      (one) => !launched.has(`${target.profile.name} ${field} ${one}`)
    )) {
      launched.add(`${target.profile.name} ${field} ${text}`)
      counts.launched++
      const run = await launchers.launch(target.profile, {
        ...target.plain,
        ...make(text, target)
      })
      t.same(run, replaced(expected, [HARMLESS], [text]), `${target.name}: ${field} ${text}`)
    }
  }
}

async function attackMany(t: Test, launchers: AttackedLaunchers, attack: Attack) {
  const { target, texts, counts } = attack
  for (const [field, make] of Object.entries(MANY)) {
    if (Object.keys(make([], target)).length === 0) continue
    const accepted = texts.filter((text) => accepts(t, target, make([text], target)))
    counts.refused += texts.length - accepted.length
    if (accepted.length === 0) continue
    counts.launched++
    const harmless = accepted.map((_, index) => `${HARMLESS}${index}x`)
    const expected = await launchers.launch(target.profile, {
      ...target.plain,
      ...make(harmless, target)
    })
    const run = await launchers.launch(target.profile, {
      ...target.plain,
      ...make(accepted, target)
    })
    const what = `${target.name}: ${accepted.length} ${field}`
    t.same(run, replaced(expected, harmless, accepted), what)
  }
}

/** What the file was called is never given to anybody. */
async function attackNames(
  t: Test,
  launchers: AttackedLaunchers,
  { target, texts }: Pick<Attack, 'target' | 'texts'>
) {
  const { profile, plain } = target
  const expected = await launchers.command(profile, plain)
  const extension = isProgram(plain) ? '.jar' : '.conf'
  for (const text of texts) {
    const request = { ...plain, configName: `${text}${extension}` }
    if (accepts(t, target, request)) t.same(await launchers.command(profile, request), expected)
  }
}

/** Whatever the config's syntax makes of it: an entry of the block is one setting, and there is no other word. */
async function attackConfig(
  t: Test,
  launchers: AttackedLaunchers,
  { target, plain, counts, launched }: Omit<Attack, 'texts'> & { plain: Run; launched: Set<string> }
) {
  if (isProgram(target.plain)) return
  const { profile, plain: request } = target
  for (const [what, lines, json = false] of attackConfigs(blockName(request), launchers.canaries)) {
    const text = json ? jsonOf(lines) : configOf(request, [lines]).config
    const configName = json ? 'a.json' : 'a.conf'
    const attacked = { ...request, config: Buffer.from(text), configName }
    if (!accepts(t, target, attacked)) {
      counts.refused++
      continue
    }
    // Flink's scripts do not open the file, and those of Spark read it alike in either mode.
    if (request.engine === 'flink' || launched.has(`${profile.name} ${what}`)) {
      const expected = await launchers.command(profile, request)
      const command = await launchers.command(profile, attacked)
      t.same({ ...command, argv: withoutOwn(command.argv) }, expected, `${target.name}: ${what}`)
      continue
    }
    launched.add(`${profile.name} ${what}`)
    counts.launched++
    const run = await launchers.launch(profile, attacked)
    t.same({ ...run, argv: withoutOwn(run.argv) }, plain, `${target.name}: ${what}`)
  }
}

/** In cluster mode the driver's JVM is YARN's: its options are settings like others. */
const OWN_SETTING =
  /^"?spark(\.|->)(hostile|aa|bb|driver\.extraJavaOptions=-|driver\.extraClassPath=\/evil)/

function withoutOwn(argv: readonly string[]): string[] {
  const isOwn = (word = '') => OWN_SETTING.test(word)
  // A config in JSON keeps its extension.
  const words = argv.map((word) => word.replace(/job\.json$/, 'job.conf'))
  return words.filter(
    (word, at) =>
      !isOwn(word) &&
      !(word === '--conf' && isOwn(argv[at + 1])) &&
      !(argv.includes('cluster') && word === '--driver-class-path=/evil.jar')
  )
}

t.test('the same texts do harm to who hands them to the scripts', async (t) => {
  const launchers = await attackedLaunchers(lastingDirectory(t))
  const texts = attackStrings(launchers.canaries).filter(
    (text) => !text.includes('\0') && text.length < 1000
  )
  const commands = texts.filter((text) => text.includes('touch') || text.includes('canary'))
  const some = commands.filter((_, index) => index % 6 === 0)
  // The script splits words before the starter sees them.
  const words = commands.filter((text) => !/\s/.test(text)).slice(0, 16)
  const yarn = ['--master', 'yarn', '--deploy-mode', 'client']
  const job = configOf(plainRequest('seatunnel-2.3', 'spark', 'client')).config.toString()
  const one = plainRequest('waterdrop-1', 'spark', 'client')
  const env = (value: string) => `env { spark.hostile = ${JSON.stringify(value)} }\n${job}`
  const spark = (value: string) =>
    configOf(one, [`spark { spark.hostile = ${JSON.stringify(value)} }`]).config.toString()
  const ways: readonly (readonly [
    what: string,
    texts: readonly string[],
    least: number,
    run: (text: string) => Promise<Run>
  ])[] = [
    [
      'words for Waterdrop 2.0 on Flink',
      commands,
      50,
      (text) => launchers.bypass('waterdrop-2-flink', ['-ynm', text, '--config', '/c.conf'])
    ],
    [
      'names for SeaTunnel 2.3 on Spark',
      words,
      4,
      (text) => launchers.bypass('seatunnel-2.3-spark', [...yarn, '-n', text, '-c', 'CONFIG'], job)
    ],
    [
      'env of SeaTunnel 2.3 on Spark',
      some,
      4,
      (text) => launchers.bypass('seatunnel-2.3-spark', [...yarn, '-c', 'CONFIG'], env(text))
    ],
    [
      'words for SeaTunnel 2.3 on Flink',
      some,
      5,
      (text) => launchers.bypass('seatunnel-2.3-flink', ['-c', '/c.conf', '-ynm', text])
    ],
    [
      'queues for 1.5.7',
      some,
      5,
      (text) =>
        launchers.bypass('waterdrop-1.5.7', [...yarn, '-c', 'CONFIG', '-q', text], spark('x'))
    ],
    [
      'spark block of 1.5.7',
      some,
      4,
      (text) => launchers.bypass('waterdrop-1.5.7', [...yarn, '-c', 'CONFIG'], spark(text))
    ]
  ]
  for (const [what, given, least, run] of ways) {
    let harmed = 0
    for (const text of given) {
      await run(text)
      if (launchers.takeCanaries().length > 0) harmed++
    }
    t.ok(harmed >= least, `${what}: ${harmed} of ${given.length}`)
  }
  for (const [script, words, config] of [
    ['waterdrop-2-spark', ['--master', 'yarn --conf spark.evil=1'], `env { }\n${job}`],
    ['waterdrop-2-spark', yarn, env('x --class Evil --conf spark.evil=1 y')],
    ['waterdrop-1', ['--master', 'yarn --conf spark.evil=1'], spark('x')],
    ['waterdrop-1', yarn, spark('x --conf spark.evil=1 y')]
  ] as const) {
    const { argv } = await launchers.bypass(script, [...words, '--config', 'CONFIG'], config)
    const at = argv.indexOf('spark.evil=1')
    t.ok(at > 0 && argv[at - 1] === '--conf', `${script} splits`)
  }
})

function targetsOf({ hosted }: AttackedLaunchers): Target[] {
  return TARGETS.map(([name, engine, deployMode]) => {
    const found = hosted.find((one) => one.name === name && one.engine === engine)
    if (!found?.profile) throw new Error(`no profile ${name} for ${engine}`)
    const plain = plainRequest(name, engine, deployMode)
    return { name: `${name} ${engine} ${deployMode}`, profile: found.profile, plain }
  })
}

function plainRequest(profile: ProfileName, engine: Engine, deployMode: DeployMode): LaunchRequest {
  const request = requestFor('a1', { profile, engine, deployMode, taskName: 'testTask' })
  if (!isProgram(request)) return { ...request, ...configOf(request) }
  const program = { path: '/files/job.jar', digest: `sha256:${'0'.repeat(64)}`, bytes: 1 }
  return { ...request, config: Buffer.of(), configName: 'job.jar', program }
}

function isProgram({ profile }: LaunchRequest): boolean {
  return profile === 'spark-submit' || profile === 'flink'
}

function blockName({ profile }: LaunchRequest): string {
  return profile === 'waterdrop-1' ? 'spark' : 'env'
}

function blockOf(request: LaunchRequest, setting: string): string {
  return `${blockName(request)} { ${setting} }`
}

/** A job with nothing but these lines in front, and these texts as rows of its sink: in a list, and in names. */
function configOf(
  request: LaunchRequest,
  lines: readonly string[] = [],
  rows: readonly string[] = []
): { config: Buffer } {
  const { profile, engine } = request
  const [source, transform, sink] =
    profile === 'waterdrop-1' ? ['input', 'filter', 'output'] : ['source', 'transform', 'sink']
  const fake = profile.startsWith('seatunnel')
    ? 'FakeSource { schema = { fields { name = "string" } } }'
    : engine === 'spark'
      ? 'Fake { result_table_name = "t1" }'
      : 'FakeSourceStream { result_table_name = "t1", field_name = "name" }'
  const console = engine === 'flink' && profile === 'waterdrop-2' ? 'ConsoleSink' : 'Console'
  const named = rows.map((row) => `${JSON.stringify(`name ${row}`)} = ${JSON.stringify(row)}`)
  const block = `${sink} { ${profile === 'waterdrop-1' ? 'stdout' : console} { rows = ${JSON.stringify(rows)}, deeper { ${named.join(', ')} } } }`
  const all = [blockOf(request, ''), ...lines, `${source} { ${fake} }`, `${transform} { }`, block]
  return { config: Buffer.from(`${all.join('\n')}\n`) }
}

function jsonOf(env: string): string {
  return `{${env}, "source": [{"plugin_name": "FakeSource", "schema": {"fields": {"name": "string"}}}], "transform": [], "sink": [{"plugin_name": "Console"}]}`
}

/** Refused with a reason, or not at all. */
function accepts(t: Test, { name, profile, plain }: Target, change: Partial<LaunchRequest>) {
  const findings = profile.check({ ...plain, ...change })
  const errors = findings.filter(({ severity }) => severity === 'error')
  if (errors.some(({ message, path }) => message === '' || path === '')) {
    t.fail(`${name} refuses without a reason`)
  }
  return errors.length === 0
}

/** A run as it must be with other texts in place of the harmless ones. */
function replaced(run: Run, harmless: readonly string[], texts: readonly string[]): Run {
  const words = (all: readonly string[]) =>
    all.map((word) =>
      harmless.reduce((text, one, index) => text.replaceAll(one, () => texts[index] ?? ''), word)
    )
  return { ...run, argv: words(run.argv), java: words(run.java) }
}
