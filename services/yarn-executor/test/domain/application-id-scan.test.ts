import t from 'tap'
import { applicationIdIn, createApplicationIdScan } from '../../src/domain/application-id-scan.ts'
import { recording } from '../support/recordings.ts'

const ID = 'application_1795346064118_0033'

t.test('the ids of recorded launchers, in the order in which they were printed', async (t) => {
  const recorded: Record<string, [string, boolean][]> = {
    'spark-client-ok': [
      ['0002', false],
      ['0002', true]
    ],
    'spark-cluster-ok': [
      ['0003', false],
      ['0003', true]
    ],
    'spark-cluster-nowait': [
      ['0013', false],
      ['0013', true]
    ],
    'wd-spark-client': [
      ['0033', false],
      ['0033', true]
    ],
    'wd-spark-cluster': [
      ['0034', false],
      ['0034', true]
    ],
    'wd-flink': [
      ['0035', false],
      ['0035', true]
    ],
    'flink-perjob-detached-ok': [
      ['0025', false],
      ['0025', true]
    ],
    'spark-cluster-bad-queue': [['0015', false]],
    'flink-bad-queue': [['0026', false]],
    // Each of these names an id in lines of another kind, which the RM never heard of.
    'spark-missing-file': [],
    'wd-noconf': [],
    'flink-missing-jar': []
  }
  for (const [name, expected] of Object.entries(recorded)) {
    const scan = createApplicationIdScan()
    const found = recording(name).all.flatMap((line) => scan.see(line) ?? [])
    t.same(
      found,
      expected.map(([number, confirmed]) => ({
        applicationId: `application_1795346064118_${number}`,
        confirmed
      })),
      name
    )
  }
  const onStdout = recording('s-st-spark-cluster').stdout.flatMap(
    (line) => applicationIdIn(line) ?? []
  )
  t.match(onStdout.at(-1), { applicationId: 'application_1795348126863_0002', confirmed: true })
})

t.test('lines of other layouts', async (t) => {
  const lines = [
    `Submitted application ${ID}`,
    `2026-11-22 11:39:25,100 [main] INFO  org.apache.hadoop.yarn.client.api.impl.YarnClientImpl - Submitted application ${ID}`,
    `11:39:25.100 YarnClientImpl: Submitted application ${ID}  `,
    `[INFO] [2026-11-22] Submitted application ${ID}`,
    `INFO : Submitted application application_1795346064118_10033`
  ]
  for (const line of lines) t.equal(applicationIdIn(line)?.confirmed, true, line)
})

t.test('lines that look alike and tell nothing', async (t) => {
  const lines = [
    `|Submitted application ${ID}|`,
    `name: Submitted application ${ID}`,
    `{"INFO":"x: Submitted application ${ID}"}`,
    `[INFO] parsed config file: {"sql":"Submitted application ${ID}"}`,
    `[INFO] parsed config file: {"sql":"Submitted application ${ID}`,
    `INFO Client: Submitted application: ${ID}`,
    `INFO Client: Application report for ${ID} (state: ACCEPTED)`,
    `INFO Client: Uploading resource file:/a -> file:/staging/.sparkStaging/${ID}/a`,
    `INFO Client: Submitted application ${ID} and more`,
    'INFO Client: Submitted application application_1_1',
    'INFO Client: Submitted application application_1_00000000000000000001',
    `INFO Client: ${'x'.repeat(2000)} Submitted application ${ID}`,
    ID,
    ''
  ]
  for (const line of lines) t.equal(applicationIdIn(line), undefined, line.slice(0, 80))
})

t.test('nothing is told twice', async (t) => {
  const scan = createApplicationIdScan()
  t.ok(scan.see(`Submitting application ${ID} to ResourceManager`))
  t.equal(scan.see(`Submitting application ${ID} to ResourceManager`), undefined)
  t.equal(scan.done, false)
  t.ok(scan.see(`Submitted application ${ID}`))
  t.equal(scan.done, true)
  t.equal(scan.see('Submitted application application_1_0002'), undefined, 'the first one counts')
})
