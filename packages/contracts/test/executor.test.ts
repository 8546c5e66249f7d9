import t from 'tap'
import { applicationId } from '../src/application-id.ts'
import { deployModeOf, startFlinkBody, startSparkBody } from '../src/executor.ts'
import { taskName } from '../src/task-name.ts'

t.test('the document’s own bodies', async (t) => {
  const spark = startSparkBody.parse({
    master: 'yarn',
    'deploy-mode': 'client',
    configFile: 'application.spark.conf',
    taskName: 'testSpark'
  })
  t.equal(deployModeOf(spark), 'client')
  t.ok(
    startFlinkBody.safeParse({
      master: 'yarn-cluster',
      configFile: 'application.conf',
      taskName: 'testFlink'
    }).success
  )
})

t.test('deploy modes: default, old master names, contradictions', async (t) => {
  const body = (over: object) => ({ configFile: 'a.conf', taskName: 'a', ...over })
  t.equal(deployModeOf(startSparkBody.parse(body({}))), 'client')
  t.equal(deployModeOf(startSparkBody.parse(body({ master: 'yarn-cluster' }))), 'cluster')
  t.equal(deployModeOf(startSparkBody.parse(body({ master: 'yarn-client' }))), 'client')
  t.equal(
    deployModeOf(startSparkBody.parse(body({ master: 'yarn', 'deploy-mode': 'cluster' }))),
    'cluster'
  )
  const contradiction = startSparkBody.safeParse(
    body({ master: 'yarn-cluster', 'deploy-mode': 'client' })
  )
  t.equal(contradiction.success, false)
  for (const wrong of [
    { master: 'local[*]' },
    { master: 'spark://h:7077' },
    { master: 'yarn --conf x=y' },
    { 'deploy-mode': 'CLIENT' },
    { 'deploy-mode': 'client;id' },
    { master: 1 }
  ]) {
    t.equal(startSparkBody.safeParse(body(wrong)).success, false, JSON.stringify(wrong))
  }
  for (const wrong of [{ master: 'yarn' }, { master: '-m' }, { master: 'yarn-cluster ' }]) {
    t.equal(startFlinkBody.safeParse(body(wrong)).success, false, JSON.stringify(wrong))
  }
})

t.test('keys that the document does not know are kept for the log, also on Flink', async (t) => {
  const parsed = startFlinkBody.parse({
    configFile: 'a',
    taskName: 'a',
    'deploy-mode': 'anything',
    queue: 'q'
  })
  t.match(parsed, { 'deploy-mode': 'anything', queue: 'q' })
})

t.test('names of any script are taken, composed', async (t) => {
  for (const name of [
    'testSpark',
    '测试任务.v1',
    'задача_1',
    '1a',
    'a',
    'Ünïcödé-x',
    'a'.repeat(100)
  ]) {
    t.equal(taskName.safeParse(name).success, true, name)
  }
  t.equal(taskName.parse('e\u0301tat'), '\u00e9tat', 'two spellings are one name')
  t.equal(taskName.parse('𠀀'.repeat(100)), '𠀀'.repeat(100), 'characters count, not code units')
})

t.test(
  'names that could mean anything else to a shell, a screen or a file are refused',
  async (t) => {
    const hostile = [
      '',
      ' ',
      'a b',
      ' a',
      'a ',
      '-a',
      '--help',
      '.a',
      '_a',
      "a'b",
      'a"b',
      'a`id`',
      'a$(id)',
      '$HOME',
      'a;id',
      'a|b',
      'a&b',
      'a>b',
      'a\nb',
      'a\rb',
      'a\tb',
      'a\0b',
      'a/b',
      'a\\b',
      'a*',
      'a?b',
      'a=b',
      'a,b',
      'a#b',
      'a@b',
      'a:b',
      'a(b)',
      'a{b}',
      'a[b]',
      'a!b',
      'a%b',
      'a~',
      'a\u200bb',
      'a\u200db',
      'a\u202eb',
      'a\u2066b',
      'a\ufeffb',
      'a\u00adb',
      'a\u00a0b',
      'a\u3000b',
      'a\u3164b',
      'a\uffa0b',
      'a\u115fb',
      'a\u2028b',
      'a\u0007b',
      '\u0301a',
      'a\ud800',
      '😀',
      'a'.repeat(101),
      'a'.repeat(10_000)
    ]
    for (const name of hostile) {
      t.equal(taskName.safeParse(name).success, false, escaped(name))
    }
    for (const other of [1, null, undefined, ['a'], { a: 1 }, true]) {
      t.equal(taskName.safeParse(other).success, false, JSON.stringify(other))
    }
  }
)

t.test('application ids', async (t) => {
  for (const id of ['application_1592537240488_0084', 'application_1_10000']) {
    t.equal(applicationId.safeParse(id).success, true, id)
  }
  for (const id of [
    'application_',
    'application_1',
    'application_a_1',
    'application_1_1_1',
    'Application_1_1',
    'application_1_1\n',
    ' application_1_1',
    'application_1_-1',
    '../application_1_1',
    `application_${'1'.repeat(20)}_1`,
    'application_１_１',
    ''
  ]) {
    t.equal(applicationId.safeParse(id).success, false, JSON.stringify(id))
  }
})

/** A test's own name must not hold what a TAP parser stumbles over. */
function escaped(text: string): string {
  const codes = Array.from({ length: Math.min(text.length, 20) }, (_, at) => text.charCodeAt(at))
  return codes
    .map((code) =>
      code > 32 && code < 127 && code !== 35 ? String.fromCharCode(code) : `<${code.toString(16)}>`
    )
    .join('')
}
