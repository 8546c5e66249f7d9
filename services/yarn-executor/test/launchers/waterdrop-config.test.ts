import t from 'tap'
import type { Engine } from '../../src/domain/launching.ts'
import { checkWaterdropConfig } from '../../src/launchers/waterdrop-config.ts'
import { CONFIG, requestFor } from '../support/launching.ts'

function check(engine: Engine, config: string | Buffer): string {
  const issues = checkWaterdropConfig(requestFor('a1', { engine, config: Buffer.from(config) }))
  t.ok(issues.every(({ path }) => path === 'configFile'))
  return issues.map(({ message }) => message).join('; ')
}
const BLOCKS = 'source { Fake { } }\ntransform { }\nsink { Console { } }\n'

t.test('configs that both launchers take', async (t) => {
  const configs = [
    CONFIG,
    `# comment first\r\nenv {\r\n  spark.executor.instances = 1\r\n}\r\n${BLOCKS}`,
    `\uFEFFenv { spark.app.name = "My App", spark.yarn.tags = "a, b" }\n${BLOCKS}`,
    `env {}\n${BLOCKS}sink { Jdbc { sql = """select a, b\nfrom t where x = '}' """ } }`,
    `"env" { spark.executor.memory = 1g }\n${BLOCKS}// the end`
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
    [`env { }\n${BLOCKS}\n}`, /^line 6, column 1: this } closes nothing/],
    [`env {\n${BLOCKS}`, /^line 1, column 5: this { is never closed/],
    [`env { }\n${BLOCKS}include "/etc/passwd"\n`, /include is not accepted/],
    [`env { }\n${BLOCKS}extra = \n`, /^line 5, column 1: key extra has no value/],
    [`env { }\n${BLOCKS}# \0`, /NUL/],
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
    [`{ env { }\n${BLOCKS} }`, /leave out the outer braces/],
    ['{"env":{},"source":[],"transform":[],"sink":[]}', /leave out the outer braces/],
    [
      `env { spark.driver.extraJavaOptions = "-Da=b -Dc=d" }\n${BLOCKS}`,
      /^line 1: the value of spark\.driver\.extraJavaOptions in env holds a blank/
    ],
    [`env { spark.jars = "/a.jar,\t/b.jar" }\n${BLOCKS}`, /holds a blank/],
    [`env { spark { list = [1, 2] } }\n${BLOCKS}`, /spark->list/],
    [`env { words = two words }\n${BLOCKS}`, /holds a blank/],
    [`env { "a key" = 1 }\n${BLOCKS}`, /holds a blank/],
    [`words = "a --name b"\nenv { spark.x = \${words} }\n${BLOCKS}`, /or a substitution/],
    [`env { spark.x = a\${?words} }\n${BLOCKS}`, /or a substitution/],
    [`all { spark.x = "a --name b" }\nenv = \${all}\n${BLOCKS}`, /or a substitution/],
    [`env { spark.y = 1 } \${all}\n${BLOCKS}`, /or a substitution/],
    [`env { spark.master = "local[2]" }\n${BLOCKS}`, /only yarn makes an application/]
  ]
  for (const [config, message] of configs) {
    t.match(check('spark', config), message, config)
    t.equal(check('flink', config), '', config)
  }
  t.equal(check('spark', `env { spark.master = yarn }\n${BLOCKS}`), '')
  const quoted = `env { spark.x = "-Dlog=\${spark.yarn.app.container.log.dir}" }\n${BLOCKS}`
  t.equal(check('spark', quoted), '', 'in quotes nothing is substituted')
})
