import { join } from 'node:path'
import { until } from '@scheduler-task/test-support/until'
import t from 'tap'
import { comparable, recording } from './support/recording.ts'
import { startSandbox } from './support/sandbox.ts'

const BATCH = `env {
  job.mode = "BATCH"
  parallelism = 1
  sandbox.run.ms = 300
}
source {
  FakeSource {
    result_table_name = "t1"
    row.num = 4
    schema = { fields { name = "string", age = "int" } }
  }
}
transform {
}
sink {
  Console {
    source_table_name = "t1"
  }
}
`
const STREAM = BATCH.replace('BATCH', 'STREAMING').replace('  sandbox.run.ms = 300\n', '')
const SPARK_CLASS = 'org.apache.seatunnel.core.starter.spark.SeaTunnelSpark'
const FLINK_CLASS = 'org.apache.seatunnel.core.starter.flink.SeaTunnelFlink'
const ENDS = { code: 0, signal: null }

/** What differs from machine to machine, and what the sandbox's own settings bring in. */
function lines(text: string, starts = /^/): string[] {
  const all = comparable(text.replaceAll(/\/\S+\/(?=[\w.-]+\.(jar|conf|tar\.gz))/g, '/'))
    .map((line) => line.replaceAll(/ ?--conf "sandbox[^"]*"/g, '').trimEnd())
    .filter((line) => !/Found binding|config property: sandbox/.test(line))
  return all.slice(all.findIndex((line) => starts.test(line)))
}

/** The config as the job prints it, whose order is that of a hash table, and what plugins and tasks log. */
const OF_THE_CONFIG =
  /^[\s{}]|^$|^(INFO )?(AbstractPluginDiscovery|SparkRuntimeEnvironment|V2ScanRelation|AppendDataExec|SparkExecution|ConfigShadeUtils|ConfigBuilder: (Load config shade|Parsed)|Output:|SparkContext: Invoking stop|ServerInfo)/
/** Endpoints register while the driver goes on: their lines come in any order. */
const ANY_ORDER = /ApplicationMaster registered|Block ?Manager|Application report|Add WebUI/

function driverLines(text: string): string[] {
  const all = lines(text).filter((line) => !OF_THE_CONFIG.test(line))
  return all.filter((line) => !ANY_ORDER.test(line) && !/^\t/.test(line))
}

t.test('SeaTunnel on Flink 1.15, by its script and without it', async (t) => {
  const sandbox = await startSandbox(t, { flinkVersion: '1.15.4' })
  const home = sandbox.cluster.seatunnelHome
  const config = sandbox.config('st-batch.conf', BATCH)
  const stream = sandbox.config('seatunnel-streaming.conf', STREAM)
  const jar = join(home, 'starter/seatunnel-flink-15-starter.jar')
  const flink = [join(sandbox.cluster.flinkHome, 'bin/flink'), 'run', '-m', 'yarn-cluster']
  const direct = (name: string, file: string) => [
    ...['-ynm', name, '-c', FLINK_CLASS, jar, '--config', file, '--name', name]
  ]
  const script = join(home, 'bin/start-seatunnel-flink-15-connector-v2.sh')
  const named = ['-m', 'yarn-cluster', '-ynm', 'st-flink15', '-yD', 'yarn.tags=st-f15']
  const cases: [string, string[], string][] = [
    [
      'st-flink15-perjob',
      ['bash', script, ...named, '--name', 'st-flink-job', '--config', config],
      'FINISHED/SUCCEEDED'
    ],
    [
      's-st-flink',
      [...flink, '-yD', 'yarn.tags=s3', ...direct('s-st-flink', config)],
      'FINISHED/SUCCEEDED'
    ],
    [
      's-st-flink-stream',
      [...flink, '-d', '-yD', 'yarn.tags=s4', ...direct('s-st-stream', stream)],
      'RUNNING/UNDEFINED'
    ]
  ]
  for (const [name, argv, end] of cases) {
    const launched = sandbox.run(argv)
    t.strictSame(await launched.ended, ENDS, name)
    t.strictSame(lines(launched.stdout), lines(recording(`${name}.stdout`)), name)
    t.strictSame(lines(launched.stderr), lines(recording(`${name}.stderr`)), `${name}, stderr`)
    const [, id = ''] = /Submitted application (application_\d+_\d+)/.exec(launched.stdout) ?? []
    await until(() => sandbox.stateOf(id) === end)
  }
})

t.test('SeaTunnel on Spark 3.3, by its script and without it', async (t) => {
  const sandbox = await startSandbox(t, { sparkVersion: '3.3.4' })
  const home = sandbox.cluster.seatunnelHome
  const submit = join(sandbox.cluster.sparkHome, 'bin/spark-submit')
  const jar = join(home, 'starter/seatunnel-spark-3-starter.jar')
  const jars = ['lib/seatunnel-transforms-v2', 'connectors/connector-fake-2.3.4']
  const defaults = 'spark.yarn.am.extraJavaOptions -Dx=y\nspark.executor.memory 512m\n'
  const SPARK_CONF_DIR = join(sandbox.config('spark-defaults.conf', defaults), '..')
  const connectors = [...jars, 'connectors/connector-console-2.3.4'].map((name) =>
    join(home, `${name}.jar`)
  )
  const script = join(home, 'bin/start-seatunnel-spark-3-connector-v2.sh')
  for (const mode of ['client', 'cluster']) {
    const scripted = sandbox.config('st-batch.conf', BATCH)
    const given = sandbox.config('seatunnel-batch.conf', BATCH)
    const name = `s-st-${mode}`
    const where = ['--master', 'yarn', '--deploy-mode', mode, '--name']
    const files = mode === 'cluster' ? ['--files', given] : []
    const cases: [string, string[]][] = [
      [
        `st-spark33-${mode}`,
        ['bash', script, ...where, `st-spark33-${mode}`, '--config', scripted]
      ],
      [
        `s-st-spark-${mode}`,
        [
          ...[submit, ...where, name, '--conf', 'spark.yarn.tags=s1', '--class', SPARK_CLASS],
          ...['--jars', connectors.join(','), ...files, jar, '--config', given, ...where, name]
        ]
      ]
    ]
    for (const [record, argv] of cases) {
      const launched = sandbox.run(argv, { SPARK_CONF_DIR })
      t.strictSame(await launched.ended, ENDS, record)
      t.strictSame(
        driverLines(launched.stdout),
        driverLines(recording(`${record}.stdout`)),
        `${record}, stdout`
      )
      // Settings are warned of in the order of a hash table.
      const stderr = record.startsWith('st-') ? lines(recording(`${record}.stderr`)).sort() : ['']
      t.strictSame(lines(launched.stderr).sort(), stderr, `${record}, stderr`)
      const [, id = ''] = /Submitted application (application_\d+_\d+)/.exec(launched.stdout) ?? []
      await until(() => sandbox.stateOf(id) === 'FINISHED/SUCCEEDED')
      const shown = sandbox.yarn.applications.find((one) => one.id === id)
      t.equal(shown?.name, record.startsWith('st-') ? record : name)
    }
  }
})
