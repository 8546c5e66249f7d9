import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { sampleConfigs, writeSampleConfigs } from '../../src/launchers/sample-configs.ts'

t.test('the samples are written where they are missing; what a user changed stays', async (t) => {
  const dir = t.testdir({ files: { 'application.conf': 'changed by a user' } })
  const root = join(dir, 'files')
  await writeSampleConfigs(root)
  await writeSampleConfigs(root)
  t.equal(readFileSync(join(root, 'application.conf'), 'utf8'), 'changed by a user')
  const other = 'application.spark.conf'
  t.equal(readFileSync(join(root, other), 'utf8'), sampleConfigs[other])
  t.equal(statSync(join(root, other)).mode & 0o777, 0o640)
})
