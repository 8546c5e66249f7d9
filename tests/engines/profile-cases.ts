import type { JobBody } from './executor.ts'

/** One launch of a job that never ends by itself. */
export type EndlessCase = Readonly<{
  title: string
  body: Omit<JobBody, 'taskName'>
  /** In its log, and printed by the job itself, not by the engine nor by a script. */
  prints: RegExp
  /** The executor is killed meanwhile: it has the job back, and the log goes on. */
  killed?: true
  /** Tried in short runs, too. */
  short?: true
}>

/** One launch of a job that fails, and what the product says of it. */
export type FailingCase = Readonly<{
  title: string
  body: Omit<JobBody, 'taskName'>
  /** On which engines; `seatunnel` when not said otherwise. */
  on?: 'newest'
  /** In the diagnosis. */
  cause: RegExp
  short?: true
}>

const waterdrop1 = `spark { spark.executor.instances = 1 }
input { fakestream { result_table_name = "t1" } }
filter { }
output { stdout { } }
`
const waterdropSpark = `env { spark.executor.instances = 1 }
source { FakeStream { result_table_name = "t1" } }
transform { }
sink { Console { } }
`
const waterdropFlink = `env { execution.parallelism = 1 }
source { FakeSourceStream { result_table_name = "t1", field_name = "name,age" } }
transform { }
sink { ConsoleSink { } }
`

/** In streaming mode it goes on when its source has no more rows. */
function seatunnel(source: string): string {
  return `env { job.mode = "STREAMING" }
source { ${source} }
transform { }
sink { Console { } }
`
}

const fakeSource = `FakeSource {
  row.num = 3
  schema = { fields { name = "string", age = "int" } }
}`
/** The other makes its rows once and then waits; this one makes one a second for as long as the test may last. */
const steadySource = fakeSource.replace(
  'row.num = 3',
  'row.num = 1000, split.num = 1000, split.read-interval = 1000'
)
const rows = /rowIndex=\d+/
const counted = /counted 3 of /
const table = /\|fake\|/

export const endlessCases: readonly EndlessCase[] = [
  {
    title: 'seatunnel-2.3 Spark client',
    body: {
      engine: 'spark',
      profile: 'seatunnel-2.3',
      deployMode: 'client',
      config: seatunnel(fakeSource)
    },
    prints: rows,
    short: true
  },
  {
    title: 'seatunnel-2.3-direct Flink',
    body: { engine: 'flink', profile: 'seatunnel-2.3-direct', config: seatunnel(fakeSource) },
    prints: rows,
    short: true
  },
  {
    title: 'spark-submit Python client',
    body: {
      engine: 'spark',
      profile: 'spark-submit',
      deployMode: 'client',
      configFile: 'program.py',
      args: ['endless']
    },
    prints: counted,
    short: true
  },
  {
    title: 'seatunnel-2.3 Spark client, killed meanwhile',
    body: {
      ...{ engine: 'spark', profile: 'seatunnel-2.3', deployMode: 'client' },
      config: seatunnel(steadySource)
    },
    prints: rows,
    killed: true
  },
  {
    title: 'seatunnel-2.3 Spark cluster',
    body: {
      engine: 'spark',
      profile: 'seatunnel-2.3',
      deployMode: 'cluster',
      config: seatunnel(fakeSource)
    },
    prints: rows
  },
  {
    title: 'seatunnel-2.3 Flink',
    body: { engine: 'flink', profile: 'seatunnel-2.3', config: seatunnel(fakeSource) },
    prints: rows
  },
  {
    title: 'seatunnel-2.3-direct Spark client',
    body: {
      engine: 'spark',
      profile: 'seatunnel-2.3-direct',
      deployMode: 'client',
      config: seatunnel(fakeSource)
    },
    prints: rows
  },
  {
    title: 'seatunnel-2.3-direct Spark cluster',
    body: {
      engine: 'spark',
      profile: 'seatunnel-2.3-direct',
      deployMode: 'cluster',
      config: seatunnel(fakeSource)
    },
    prints: rows
  },
  {
    title: 'flink per job',
    body: { engine: 'flink', profile: 'flink', deployMode: 'client', configFile: 'top-speed.jar' },
    prints: /\(\d,\d+,[\d.E]+,\d+\)/
  },
  {
    title: 'flink application mode',
    body: { engine: 'flink', profile: 'flink', deployMode: 'cluster', configFile: 'top-speed.jar' },
    prints: /\(\d,\d+,[\d.E]+,\d+\)/
  },
  {
    title: 'spark-submit Python cluster',
    body: {
      engine: 'spark',
      profile: 'spark-submit',
      deployMode: 'cluster',
      configFile: 'program.py',
      args: ['endless']
    },
    prints: counted
  },
  {
    title: 'spark-submit jar client',
    body: {
      ...{
        engine: 'spark',
        profile: 'spark-submit',
        deployMode: 'client',
        configFile: 'spark.jar'
      },
      ...{ mainClass: 'example.SparkProgram', args: ['endless'] }
    },
    prints: counted
  },
  {
    title: 'spark-submit jar cluster',
    body: {
      ...{
        engine: 'spark',
        profile: 'spark-submit',
        deployMode: 'cluster',
        configFile: 'spark.jar'
      },
      ...{ mainClass: 'example.SparkProgram', args: ['endless'] }
    },
    prints: counted
  },
  {
    title: 'waterdrop-1 Spark client',
    body: { engine: 'spark', profile: 'waterdrop-1', deployMode: 'client', config: waterdrop1 },
    prints: table
  },
  {
    title: 'waterdrop-1 Spark cluster',
    body: { engine: 'spark', profile: 'waterdrop-1', deployMode: 'cluster', config: waterdrop1 },
    prints: table
  },
  {
    title: 'waterdrop-2 Spark client',
    body: { engine: 'spark', profile: 'waterdrop-2', deployMode: 'client', config: waterdropSpark },
    prints: table
  },
  {
    title: 'waterdrop-2 Spark cluster',
    body: {
      engine: 'spark',
      profile: 'waterdrop-2',
      deployMode: 'cluster',
      config: waterdropSpark
    },
    prints: table
  },
  {
    title: 'waterdrop-2 Flink',
    body: { engine: 'flink', profile: 'waterdrop-2', config: waterdropFlink },
    prints: /^\d+$/
  }
]

/** Nothing is wrong with it until the plugin reads its schema: which types there are is only written in its code. */
const badSource = 'FakeSource { row.num = 3, schema = { fields { name = "blob" } } }'

export const failingCases: readonly FailingCase[] = [
  {
    title: 'spark-submit: a class that is not in the jar',
    body: {
      ...{
        engine: 'spark',
        profile: 'spark-submit',
        deployMode: 'client',
        configFile: 'spark.jar'
      },
      ...{ mainClass: 'example.NotThere' }
    },
    on: 'newest',
    cause: /example\.NotThere/,
    short: true
  },
  {
    title: 'spark-submit: a program that throws in cluster mode',
    body: {
      engine: 'spark',
      profile: 'spark-submit',
      deployMode: 'cluster',
      configFile: 'program.py',
      args: ['fail'],
      // Of the two attempts that YARN would make, the first tells as much.
      conf: { 'spark.yarn.maxAppAttempts': '1' }
    },
    on: 'newest',
    cause: /ValueError: this program fails/
  },
  {
    title: 'seatunnel-2.3: a type that its plugin does not know',
    body: {
      engine: 'spark',
      profile: 'seatunnel-2.3',
      deployMode: 'client',
      config: seatunnel(badSource)
    },
    cause: /blob/i
  },
  {
    title: 'seatunnel-2.3-direct on Spark 3.5: the wrong version',
    body: {
      engine: 'spark',
      profile: 'seatunnel-2.3-direct',
      deployMode: 'client',
      config: seatunnel(fakeSource)
    },
    on: 'newest',
    cause: /AbstractMethodError|version/
  },
  {
    title: 'seatunnel-2.3-direct on Flink 1.20: the wrong version',
    body: { engine: 'flink', profile: 'seatunnel-2.3-direct', config: seatunnel(fakeSource) },
    on: 'newest',
    cause: /NoSuchFieldException|runtimeContext|version/
  },
  {
    title: 'flink: a class that is not in the jar',
    body: {
      engine: 'flink',
      profile: 'flink',
      deployMode: 'client',
      configFile: 'top-speed.jar',
      mainClass: 'example.NotThere'
    },
    on: 'newest',
    cause: /example\.NotThere/
  }
]
