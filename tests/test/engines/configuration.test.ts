import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { writeConfiguration } from '../../engines/configuration.ts'
import { directoriesFor } from '../../engines/directories.ts'
import { environmentFor, exportLines } from '../../engines/environment.ts'
import { portsFrom } from '../../engines/ports.ts'
import { runCommand } from '../../engines/run-command.ts'

const shippedByFlink = `env:
  java:
    opts:
      all: --add-exports=a/b=ALL-UNNAMED --add-opens=c/d=ALL-UNNAMED
`

t.test('the files name the ports, loopback addresses and Flink’s own JVM options', async (t) => {
  const directories = directoriesFor({ ENGINES_DIR: t.testdir() })
  for (const home of [directories.flink, directories.seatunnelFlink]) {
    mkdirSync(join(home, 'conf'), { recursive: true })
  }
  writeFileSync(join(directories.flink, 'conf/config.yaml'), shippedByFlink)
  await writeConfiguration(directories, portsFrom(21_000))
  const file = (name: string) => readFileSync(join(directories.configuration, name), 'utf8')
  const yarn = file('hadoop/yarn-site.xml')
  t.match(yarn, '<name>yarn.resourcemanager.webapp.address</name><value>localhost:21088</value>')
  t.match(yarn, '<name>yarn.nodemanager.bind-host</name><value>127.0.0.1</value>')
  t.match(yarn, `${directories.configuration}/hadoop,${directories.hadoop}/*`)
  t.match(
    file('flink/config.yaml'),
    'env.java.opts.all: --add-exports=a/b=ALL-UNNAMED --add-opens=c/d=ALL-UNNAMED\n'
  )
  t.match(
    file('seatunnel-flink/flink-conf.yaml'),
    'env.java.opts: --add-exports=a/b=ALL-UNNAMED --add-opens=c/d=ALL-UNNAMED\n'
  )
  const azkaban = file('azkaban/azkaban.properties')
  t.match(azkaban, 'jetty.port=21081\n')
  t.match(azkaban, `h2.path=${directories.work}/azkaban/database\n`)
  t.match(file('azkaban/sql/create.projects.sql'), /^CREATE TABLE projects \(id INT .*\);\n$/s)
  t.match(file('spark/spark-defaults.conf'), `local:${directories.spark}/pyspark/jars/*`)
})

t.test('a shell that evaluates the lines has the environment', async (t) => {
  const directories = directoriesFor({ ENGINES_DIR: t.testdir() })
  const environment = {
    ...environmentFor(directories, portsFrom(21_000), '/opt/java'),
    ODD: `a'b "$HOME" *`
  }
  const script = `${exportLines(environment)}env -0`
  const said = await runCommand('sh', ['-c', script], { environment: { PATH: process.env.PATH } })
  const seen = Object.fromEntries(said.split('\0').map((line) => line.split(/=(.*)/s, 2)))
  t.match(seen, environment)
  t.match(seen, { AZKABAN_URL: 'http://127.0.0.1:21081', YARN_RM_URL: 'http://127.0.0.1:21088' })
})
