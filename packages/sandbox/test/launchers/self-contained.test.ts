import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { compiledPrograms } from '../../src/launchers/node-command.ts'
import { SPARK_STREAM, startSandbox } from './support/sandbox.ts'

/** The texts of all files below a directory. */
function textsBelow(dir: string): string[] {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
}

t.test('a self-contained set of launchers runs without this package', async (t) => {
  const sandbox = await startSandbox(t, { selfContained: true })
  const installed = (await compiledPrograms()).dir
  const texts = textsBelow(sandbox.dir)
  t.ok(texts.some((text) => text.includes(join(sandbox.dir, 'programs/spark-submit.js'))))
  t.notOk(
    texts.some((text) => text.includes(installed)),
    'none of it names where it came from'
  )

  const script = join(sandbox.cluster.waterdropHome, 'bin/start-waterdrop-spark.sh')
  const config = sandbox.config('stream.conf', SPARK_STREAM)
  const words = ['--master', 'yarn', '--deploy-mode', 'client', '--config', config]
  const launched = sandbox.run(['bash', script, ...words])
  await launched.seen(/Application application_\d+_\d+ has started running/)
})
