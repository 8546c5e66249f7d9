import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { untilWithin } from '@scheduler-task/test-support/until'
import t from 'tap'
import { directoriesFor } from '../directories.ts'
import { down, up } from '../engines.ts'
import { Executor } from '../executor.ts'

/** A shared machine may be slow; nothing here is measured against it. */
const waitMs = 120_000
/** What the job itself prints, in the container of its driver. */
const printed = '|fake|'

const engines = await up(process.env, (line) => t.comment(line))
if (engines.started) t.teardown(() => down(process.env, false))
const { environment } = engines
const { work } = directoriesFor(process.env)

t.test(
  'a job that ran and ended while no executor lived: its log is the history server’s',
  async (t) => {
    const executor = await Executor.start(t, environment)
    const { rm } = executor
    const taskName = `a${Date.now().toString(36)}`
    const { id } = await executor.submit({
      engine: 'spark',
      deployMode: 'cluster',
      taskName,
      config: await readFile(join(import.meta.dirname, '../jobs/stream.spark.conf'), 'utf8')
    })
    const app = await untilWithin(waitMs, 'YARN has the application', async () =>
      (await rm.allApps()).find(({ name }) => name === taskName)
    )
    await executor.kill()
    const known = String(app?.id)
    const containers = join(work, 'nm-logs', known)
    await untilWithin(waitMs, 'the driver prints', async () => await prints(containers))
    await rm.kill(known, String(environment.YARN_USER))
    await untilWithin(
      waitMs,
      'the NodeManager has nothing of it',
      async () => !existsSync(containers)
    )

    await executor.resume()
    await executor.reached(id, 'KILLED')
    const line = await executor.lineThat(id, ({ text }) => text.includes(printed))
    t.match(line.source, /^am\/container_\w+\/stdout$/)
    t.match(line.text, printed)
    t.match(await executor.jobWhere(id, 'it has an outcome', ({ outcome }) => outcome !== null), {
      outcome: 'KILLED'
    })
  }
)

/** Whether the job has printed its own line in one of its containers. */
async function prints(directory: string): Promise<boolean> {
  if (!existsSync(directory)) return false
  for (const container of await readdir(directory)) {
    const text = await readFile(join(directory, container, 'stdout'), 'utf8').catch(() => '')
    if (text.includes(printed)) return true
  }
  return false
}
