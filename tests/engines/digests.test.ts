import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { Digests, WrongDigest } from './digests.ts'

t.test('a fetched file that is not what was committed is refused', async (t) => {
  const directory = t.testdir({ 'pom.xml': '<project/>' })
  const digests = await Digests.committed()
  await digests.check(directory)
  await writeFile(join(directory, 'connector-fake-2.3.4.jar'), 'not that jar')
  await t.rejects(digests.check(directory), WrongDigest)
})

t.test('so is one that was never committed', async (t) => {
  const directory = t.testdir({ 'connector-fake-9.9.9.jar': 'a new one' })
  await t.rejects((await Digests.committed()).check(directory), /not in digests.json/)
})

t.test('pip is told the digest before it looks into a source package', async (t) => {
  const line = (await Digests.committed()).requirement('pyspark', '3.3.4', 'pyspark-3.3.4.tar.gz')
  t.match(line, /^pyspark==3\.3\.4 --hash=sha256:[0-9a-f]{64}\n$/)
})
