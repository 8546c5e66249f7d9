import { loadavg } from 'node:os'
import { join } from 'node:path'
import { untilWithin } from '@scheduler-task/test-support/until'
import t from 'tap'
import { launchBare } from '../bare-launcher.ts'
import { down, up } from '../engines.ts'
import { Executor } from '../executor.ts'
import { Product } from '../product.ts'

const PAIRS = 3
const jobs = join(import.meta.dirname, '../jobs')
const runName = `p${Date.now().toString(36)}`
const cases = [
  { title: 'Spark client', engine: 'spark', mode: 'client' },
  { title: 'Spark cluster', engine: 'spark', mode: 'cluster' },
  { title: 'Flink', engine: 'flink', mode: undefined }
] as const

const engines = await up(process.env, (line) => t.comment(line))
if (engines.started) t.teardown(() => down(process.env, false))
const { environment } = engines
const executor = await Executor.start(t, environment, { FILE_ROOT: jobs })
const product = new Product(executor.url, '')

for (const { title, engine, mode } of cases) {
  t.test(`${title}: what a start takes beside the launcher alone, in turns`, async (t) => {
    const config = `stream.${engine}.conf`
    const through: number[] = []
    const alone: number[] = []
    const stopped: number[] = []
    for (let pair = 0; pair < PAIRS; pair++) {
      const name = `${runName}-${engine}-${mode}-${pair}`
      const launch = { engine, deployMode: mode, config: join(jobs, config), name: `${name}-bare` }
      const bare = await launchBare(t, environment, launch)
      alone.push(bare.seconds)
      await executor.rm.kill(bare.id, String(environment.YARN_USER))
      await untilWithin(60_000, `${bare.id} is over`, async () =>
        (await executor.rm.liveApps()).every(({ id }) => id !== bare.id)
      )

      const began = performance.now()
      const body = { taskName: name, configFile: config, ...(mode && { 'deploy-mode': mode }) }
      const started = await product.post(`/executor/start/${engine}`, body)
      t.match(started, { statusCode: 200 }, JSON.stringify(started))
      through.push((performance.now() - began) / 1000)
      const asked = performance.now()
      t.match(await product.post(`/executor/stop/${started.data}`), { data: true })
      stopped.push((performance.now() - asked) / 1000)
    }
    t.comment(
      `${title}: POST to id ${shown(through)}, alone to its line ${shown(alone)}, stop to proof ${shown(stopped)} s; load ${loadavg()[0]?.toFixed(1)}`
    )
    t.ok(median(through) < 3 * median(alone) + 30, 'no launch is waited for in vain')
  })
}

function shown(seconds: readonly number[]): string {
  return `${seconds.map((one) => one.toFixed(1)).join(' ')} (median ${median(seconds).toFixed(1)})`
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}
