import t from 'tap'
import type { Engine } from '../../src/domain/launching.ts'
import { checkWaterdropConfig } from '../../src/launchers/waterdrop-config.ts'
import { CONFIG, requestFor } from '../support/launching.ts'

const READING = { generation: 'waterdrop-2' } as const

function check(engine: Engine, config: string | Buffer): string {
  const issues = checkWaterdropConfig(
    requestFor('a1', { engine, config: Buffer.from(config) }),
    READING
  )
  t.ok(issues.every(({ path }) => path === 'configFile'))
  return issues
    .filter(({ severity }) => severity === 'error')
    .map(({ message, line, column }) => {
      if (line === undefined) return message
      return `line ${line}${column === undefined ? '' : `, column ${column}`}: ${message}`
    })
    .join('; ')
}
const REST = 'source { Fake { result_table_name = "t1" } }\ntransform { }\nsink { Console { } }\n'

t.test('configs that both launchers take', async (t) => {
  const configs = [
    CONFIG,
    `# comment first\r\nenv {\r\n  spark.executor.instances = 1\r\n}\r\n${REST}`,
    `\uFEFFenv { spark.app.name = "My App", spark.yarn.tags = "a, b" }\n${REST}`,
    `env {}\n${REST}sink { Jdbc { sql = """select a, b\nfrom t where x = '}' """ } }`,
    `"env" { spark.executor.memory = 1g }\n${REST}// the end`
  ]
  for (const config of configs) {
    t.equal(check('spark', config), '', config)
    t.equal(check('flink', config), '', config)
  }
})

t.test('configs that neither takes', async (t) => {
  const configs: [string | Buffer, RegExp][] = [
    ['', /has no top-level block env, source, transform, sink/],
    [`env { }\nsource { }\nsink { }`, /has no top-level block transform/],
    [`env { }\n${REST}\n}`, /^line 6, column 1: this } closes nothing/],
    [`env {\n${REST}`, /^line 1, column 5: this { is never closed/],
    [`env { }\n${REST}include "/etc/passwd"\n`, /include is not accepted/],
    [`env { }\n${REST}extra = \n`, /^line 5, column 1: key extra has no value/],
    [`env { }\n${REST}# \0`, /NUL/],
    [Buffer.from([0x65, 0x6e, 0x76, 0xff, 0xfe]), /UTF-8/],
    [Buffer.from(CONFIG, 'utf16le'), /NUL|UTF-8/],
    [`${CONFIG}#${'x'.repeat(1024 * 1024)}`, /larger than 1048576 bytes/]
  ]
  for (const [config, message] of configs) {
    t.match(check('spark', config), message)
    t.match(check('flink', config), message)
  }
})

t.test('configs that only the Spark launcher cannot be given', async (t) => {
  const configs: [string, RegExp][] = [
    [`{ env { }\n${REST} }`, /leave out the outer braces/],
    [
      '{"env":{},"source":[{"plugin_name":"Fake","result_table_name":"t1"}],"transform":[],"sink":[{"plugin_name":"Console"}]}',
      /leave out the outer braces/
    ],
    [
      `env { spark.driver.extraJavaOptions = "-Da=b -Dc=d" }\n${REST}`,
      /^line 1, column 7: the value of spark\.driver\.extraJavaOptions in env holds a blank/
    ],
    [`env { spark.jars = "/a.jar, /b.jar" }\n${REST}`, /holds a blank/],
    [`env { spark { list = [1, 2] } }\n${REST}`, /spark->list/],
    [`env { words = two words }\n${REST}`, /holds a blank/],
    [`env { "a key" = 1 }\n${REST}`, /holds a blank/],
    [`words = "a --name b"\nenv { spark.x = \${words} }\n${REST}`, /or a substitution/],
    [`env { spark.x = a\${?words} }\n${REST}`, /or a substitution/],
    [`all { spark.x = "a --name b" }\nenv = \${all}\n${REST}`, /or a substitution/],
    [`env = { spark.y = 1 } \${all}\n${REST}`, /or a substitution/],
    [`env { spark.x = [\n"a"\n"--class=Evil"\n"b" ] }\n${REST}`, /the value of spark\.x/],
    [`env { spark.x = [{ aa = 1, "--class" = Evil }] }\n${REST}`, /the value of spark\.x/],
    [`env { spark.x = [a] [b] }\n${REST}`, /the value of spark\.x/],
    [`env { spark.x += a\nspark.x += "--class=Evil" }\n${REST}`, /the value of spark\.x/],
    [`env { "a --class Evil b" { cc = 1 } }\n${REST}`, /the value of a --class Evil b->cc/],
    [
      `${REST}other {${'aa = 1, '.repeat(20_000)}}\nenv { spark.x = "a --class Evil" }`,
      /^line 5, column 7: the value of spark\.x/
    ],
    [`env { spark.master = "local[2]" }\n${REST}`, /only yarn makes an application/]
  ]
  for (const [config, message] of configs) {
    t.match(check('spark', config), message, config)
    t.equal(check('flink', config), '', config)
  }
  t.equal(check('spark', `env { spark.master = yarn }\n${REST}`), '')
  const quoted = `env { spark.x = "-Dlog=\${spark.yarn.app.container.log.dir}" }\n${REST}`
  t.equal(check('spark', quoted), '', 'in quotes nothing is substituted')
})

t.test('a substitution in the engine’s block is taken where it is known to be one word', (t) => {
  const codes = (config: string, variables: Record<string, string>, environment: string[]) =>
    checkWaterdropConfig(
      requestFor('a1', { variables, config: Buffer.from(`${config}\n${REST}`) }),
      { ...READING, environment: new Set(environment) }
    ).flatMap(({ code }) => (code === 'BLANK_IN_SETTING' ? [code] : []))
  const blank = ['BLANK_IN_SETTING']
  const memory = `env { spark.executor.memory = \${size} }`
  t.same(codes(memory, { size: '2g' }, []), [], 'a variable')
  t.same(codes(`size = 2g\n${memory}`, {}, []), [], 'the file')
  t.same(codes(`env { spark.x = "a"\${?size} }`, {}, []), [], 'nothing')
  t.same(codes(memory, { size: '2g' }, ['size']), blank, 'the environment comes first')
  t.same(codes(`size = "2g --class Evil"\n${memory}`, { size: '2g' }, []), blank)
  t.same(codes(`size = 2g\nsize = [1, 2]\n${memory}`, { size: '2g' }, []), blank)
  t.same(codes(`size { a1 = 1 }\n${memory}`, {}, []), blank)
  t.end()
})

t.test('where a setting stands that cannot be given, and its line', (t) => {
  const config = `env {\n  spark.x = "a b", spark.y.password = "hunter 22"\n}\n${REST}`
  const request = requestFor('a1', { config: Buffer.from(config) })
  const [first] = checkWaterdropConfig(request, READING).filter(({ code }) => /BLANK/.test(code))
  t.match(first, {
    line: 2,
    column: 3,
    lineText: /^ {2}spark\.x = "a b", spark\.y\.password = "?\*{6}$/
  })
  const many = `env {\n${'spark.x = "a b"\n'.repeat(2000)}}\n${REST}`
  t.equal(
    checkWaterdropConfig(requestFor('a1', { config: Buffer.from(many) }), READING).length,
    100
  )
  t.end()
})

t.test('the script of 1.x would change the JVM on this host', (t) => {
  const rest = 'input { fake { result_table_name = "t1" } }\nfilter { }\noutput { stdout { } }\n'
  const codes = (deployMode: 'client' | 'cluster', setting: string) =>
    checkWaterdropConfig(
      requestFor('a1', { deployMode, config: Buffer.from(`spark {\n  ${setting}\n}\n${rest}`) }),
      { generation: 'waterdrop-1' }
    ).flatMap(({ severity, code, line }) => (severity === 'error' ? [`${code} ${line}`] : []))
  for (const name of ['spark.driver.extraClassPath', 'spark.driver.extraLibraryPath']) {
    t.same(codes('client', `${name} = /evil.jar`), ['JVM_OF_THE_HOST 2'], name)
    t.same(codes('cluster', `${name} = /evil.jar`), [], 'it is YARN’s own JVM there')
  }
  t.same(codes('client', 'spark.executor.extraClassPath = /x.jar'), [])
  t.end()
})
