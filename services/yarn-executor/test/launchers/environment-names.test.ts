import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { environmentNames } from '../../src/launchers/environment-names.ts'

t.test('names that files of a home and of Spark bring', async (t) => {
  const home = t.testdir({
    'env.sh': `# export COMMENTED=1\nSPARK_HOME=\${SPARK_HOME:-/opt/spark}\nexport DB_HOST=db\n`,
    spark: { conf: { 'spark-env.sh': 'if [ -z "$A" ]; then ZONE=a; export ZONE REGION=b; fi\n' } }
  })
  const environment = { LANG: 'C', SPARK_HOME: join(home, 'spark') }
  const files = [join(home, 'env.sh'), join(home, 'not-there.sh')]
  t.strictSame([...(environmentNames({ environment, files }) ?? [])].sort(), [
    'DB_HOST',
    'LANG',
    'REGION',
    'SPARK_HOME',
    'ZONE'
  ])
  t.strictSame([...(environmentNames({ environment: { LANG: 'C' } }) ?? [])], ['LANG'])
})

t.test('who reads other files may bring any name', async (t) => {
  const home = t.testdir()
  const file = join(home, 'env.sh')
  const environment = { LANG: 'C' }
  for (const line of [
    'source /etc/profile',
    '. /etc/profile.d/java.sh',
    'A=1; . ./more',
    'if true; then source more; fi',
    '  eval "$(vault env)"'
  ]) {
    writeFileSync(file, `A=1\n${line}\n`)
    t.equal(environmentNames({ environment, files: [file] }), undefined, line)
  }
  for (const line of ['# source /etc/profile', 'SOURCE=1', 'A=./more', 'evaluate=1']) {
    writeFileSync(file, `${line}\n`)
    t.ok(environmentNames({ environment, files: [file] }), line)
  }
  writeFileSync(file, `A=${'x'.repeat(300_000)}`)
  t.equal(environmentNames({ environment, files: [file] }), undefined, 'too large')
  mkdirSync(join(home, 'directory.sh'))
  t.equal(environmentNames({ environment, files: [join(home, 'directory.sh')] }), undefined)
})
