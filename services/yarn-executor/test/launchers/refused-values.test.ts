import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { lastingDirectory } from '@scheduler-task/test-support/lasting-directory'
import t from 'tap'
import { type LaunchRequest, NotStarted } from '../../src/domain/launching.ts'
import { requestFor } from '../support/launching.ts'
import { recordingLaunching } from '../support/recording-launchers.ts'

const root = lastingDirectory(t)
const launching = await recordingLaunching(root)
const FIRST = 'spark { }\ninput { fake { } }\nfilter { }\noutput { stdout { } }\n'
const ON_FIRST = { profile: 'waterdrop-1', config: Buffer.from(FIRST) } as const
const PYTHON = Buffer.from('print("x")\n')
const PYTHON_ON_SPARK = { profile: 'spark-submit', config: PYTHON, configName: 'a.py' } as const
const PYTHON_ON_FLINK = { ...PYTHON_ON_SPARK, profile: 'flink', engine: 'flink' } as const
const program = { path: '/srv/files/a.jar', digest: 'sha256:00', bytes: 1 }
const JAR = { config: Buffer.alloc(0), configName: 'a.jar', program }
const JAR_ON_SPARK = { ...JAR, profile: 'spark-submit' } as const
const JAR_ON_FLINK = { ...JAR, profile: 'flink', engine: 'flink' } as const

t.test(
  'what a profile cannot pass is refused where it stands, and again where it would be used',
  async (t) => {
    type Refused = readonly [Partial<LaunchRequest>, path: string, message: RegExp]
    const long = 'x'.repeat(10_000)
    const bad = (name: string) => ({ [name]: 'x' })
    const rows: Refused[] = [
      [{ conf: { 'spark.x': '1' } }, 'conf', /waterdrop-2: its script breaks .* env block/],
      [{ args: ['x'] }, 'args', /for a program of your own there is spark-submit or flink/],
      [{ mainClass: 'A' }, 'mainClass', /waterdrop-2/],
      [{ engine: 'flink', deployMode: 'cluster' }, 'deployMode', /none that waterdrop-2 knows/],
      [{ ...ON_FIRST, conf: { 'spark.x': '1' } }, 'conf', /waterdrop-1: .* spark block/],
      [{ ...PYTHON_ON_SPARK, variables: { a: 'b' } }, 'variables', /no placeholders; give it args/],
      [{ ...PYTHON_ON_FLINK, variables: { a: 'b' } }, 'variables', /no placeholders/],
      [{ ...PYTHON_ON_SPARK, mainClass: 'A' }, 'mainClass', /this is Python/],
      [{ ...PYTHON_ON_FLINK, deployMode: 'cluster' }, 'configFile', /interpreter and libraries/],
      [{ ...PYTHON_ON_SPARK, config: Buffer.alloc(0) }, 'configFile', /empty/],
      [{ ...PYTHON_ON_SPARK, config: Buffer.from('a\0') }, 'configFile', /NUL/],
      [{ ...PYTHON_ON_SPARK, config: Buffer.alloc(1024 * 1024 + 1, 32) }, 'configFile', /larger/],
      [
        { ...ON_FIRST, config: Buffer.from('env { }') },
        'configFile',
        /spark, input, filter, output/
      ],
      ...['', '-q', 'a b', 'a,b', '$(x)', '`x`', 'a;b', '@f', 'a/b', long, 'a\nb'].flatMap(
        (queue) =>
          [{}, ON_FIRST, PYTHON_ON_SPARK, PYTHON_ON_FLINK].map(
            (of): Refused => [{ ...of, queue }, 'queue', /letters, digits/]
          )
      ),
      ...[
        '',
        '-x',
        '@f',
        'a b',
        'a,b',
        '$(x)',
        `\${x}`,
        '`x`',
        'a;b',
        'a|b',
        '"',
        "'",
        '\\',
        '*',
        '?',
        '~',
        '#',
        'a\nb',
        '中',
        long
      ].flatMap((value) =>
        [{}, { engine: 'flink' as const }, ON_FIRST].map(
          (of): Refused => [
            { ...of, variables: { city: value } },
            'variables.city',
            /splits or eval/
          ]
        )
      ),
      ...['', '-D', '1a', 'a-b', 'a b', 'a=b', 'a$(x)', '中'].map(
        (name): Refused => [
          { variables: bad(name) },
          `variables.${name.replaceAll(/[^\w.$-]/g, '?')}`,
          /named by/
        ]
      ),
      ...[
        'spark.app.name',
        'java.io.tmpdir',
        'sun.x',
        'log4j.configuration',
        'log4j2.x',
        'Java.x',
        'jdk.x'
      ].map((name): Refused => [{ variables: bad(name) }, `variables.${name}`, /system property/]),
      ...[
        'spark.yarn.tags',
        'spark.app.name',
        'spark.master',
        'spark.submit.deployMode',
        'spark.yarn.queue',
        'spark.yarn.submit.waitAppCompletion',
        'spark.kerberos.keytab',
        'spark.hadoop.yarn.resourcemanager.address'
      ].map(
        (name): Refused => [
          { ...PYTHON_ON_SPARK, conf: bad(name) },
          `conf.${name}`,
          /set by|is the|always|host|another cluster/
        ]
      ),
      ...['', 'spark', 'x.y', '-Dx', 'spark.a b', 'spark.a=b', 'Spark.x'].map(
        (name): Refused => [
          { ...PYTHON_ON_SPARK, conf: bad(name) },
          `conf.${name.replaceAll(/[^\w.$-]/g, '?')}`,
          /name of a setting/
        ]
      ),
      ...[
        'yarn.tags',
        'yarn.application.name',
        'yarn.application.queue',
        'yarn.application.id',
        'execution.target',
        'execution.attached',
        'flink.hadoop.yarn.resourcemanager.address'
      ].flatMap((name) =>
        [PYTHON_ON_FLINK, { engine: 'flink' as const }].map(
          (of): Refused => [
            { ...of, conf: bad(name) },
            `conf.${name}`,
            /set by|is the|another cluster/
          ]
        )
      ),
      ...['$internal.x', 'A', '-x', 'a b', 'a=b'].map(
        (name): Refused => [
          { ...PYTHON_ON_FLINK, conf: bad(name) },
          `conf.${name.replaceAll(/[^\w.$-]/g, '?')}`,
          /name of a setting/
        ]
      ),
      ...['', 'a\nb', '\u0000', '\u2028', '\ud800'].flatMap((value) =>
        [PYTHON_ON_SPARK, PYTHON_ON_FLINK].flatMap((of): Refused[] => [
          [
            { ...of, conf: { 'spark.x': value, 'x.y': value } },
            of === PYTHON_ON_SPARK ? 'conf.spark.x' : 'conf.x.y',
            /character/
          ],
          [{ ...of, args: [value] }, 'args.0', /empty/]
        ])
      ),
      ...['a b', '$(x)', '`x`', ';', '"', '*', ''].map(
        (value): Refused => [{ engine: 'flink', conf: { 'x.y': value } }, 'conf.x.y', /character/]
      ),
      [{ ...PYTHON_ON_FLINK, conf: { 'x.y': 'a#b' } }, 'conf.x.y', /character/],
      ...['{"a":{"b":{}}}', '{{x', '<LOG_DIR>', '<CPS>'].map(
        (argument): Refused => [
          { ...PYTHON_ON_SPARK, deployMode: 'cluster', args: [argument] },
          'args.0',
          /YARN replaces/
        ]
      ),
      [{ ...JAR_ON_FLINK, deployMode: 'cluster', args: ['a#b'] }, 'args.0', /comment/],
      ...['', 'a b', '-x', 'a..b', '1a', 'a;b', '$(x)'].map(
        (mainClass): Refused => [{ ...JAR_ON_SPARK, mainClass }, 'mainClass', /name of a class/]
      )
    ]
    t.comment(`${rows.length} refusals`)
    const atLaunch = new Set(['configFile'])
    for (const [index, [changes, path, message]] of rows.entries()) {
      const request = requestFor('refused', changes)
      const label = `row ${index}, ${changes.profile ?? 'waterdrop-2'}, of ${path.split('.')[0]}`
      const errors = launching.check(request).filter(({ severity }) => severity === 'error')
      t.ok(
        errors.some((one) => one.path === path && message.test(one.message)),
        label
      )
      if (!atLaunch.has(path) && !/this is Python/.test(String(message))) {
        await t.rejects(launching.prepare(request), NotStarted, label)
      }
    }
    t.notOk(existsSync(join(root, 'attempts/refused')), 'nothing was written')
  }
)
