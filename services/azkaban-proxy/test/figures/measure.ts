// Figures, not a test: node --import tsx --conditions=@scheduler-task/source test/figures/measure.ts logger|stops
// `logger`: 1 000 pieces of a 50 MB log and one search of all of it. `stops`: 20 stubborn executions stopped at once,
// 30 s of grace each as Azkaban gives, while status is polled.
import { startAzkaban } from '@scheduler-task/sandbox/azkaban/azkaban'
import { loadConfig } from '@scheduler-task/service-base/load-config'
import { buildApp } from '../../src/app.ts'
import { environmentWith } from '../../src/config.ts'
import { PROJECTS } from '../support/projects.ts'
import { logIn, post, untilStatus } from '../support/proxy.ts'

const LINE =
  '22-11-2026 19:38:34 CST hold INFO - 20/06/24 16:11:20 INFO scheduler: <job> "streaming" 漢字\n'

const azkaban = await startAzkaban({ projects: PROJECTS, logChunkBytes: 100_000_000 })
const app = await buildApp(
  loadConfig(environmentWith(), { AUTH_MODE: 'off', AZKABAN_URL: azkaban.url, LOG_LEVEL: 'silent' })
)
const url = await app.listen({ host: '127.0.0.1', port: 0 })
const call = (name: string, body: unknown) => post(`${url}/azkaban/${name}`, body)
const sessionId = await logIn({ post: call })

async function started(flow: string): Promise<number> {
  const answer = await call('start', { sessionId, project: 'test', flow })
  const execId = Number(answer.json.execid)
  await untilStatus(azkaban, execId, 'RUNNING')
  return execId
}

async function logger(): Promise<void> {
  const execId = await started('hold')
  const bytes = 50 * 1024 * 1024
  const job = azkaban.job(execId, 'hold')
  job.append(LINE.repeat(Math.floor(bytes / Buffer.byteLength(LINE))))
  job.append('22-11-2026 19:38:34 CST hold INFO - Submitted application application_1_0001\n')
  const body = { sessionId, execId, jobId: 'hold' }
  for (const length of [1000, 50_000]) {
    globalThis.gc?.()
    const rss = process.memoryUsage().rss
    const began = performance.now()
    let at = 0
    const worker = async () => {
      while (at < 1000) await call('logger', { ...body, offset: at++ * length, length })
    }
    await Promise.all(Array.from({ length: 8 }, worker))
    const seconds = (performance.now() - began) / 1000
    const grown = (process.memoryUsage().rss - rss) / 2 ** 20
    console.log(
      `logger, ${length} bytes each: ${Math.round(1000 / seconds)} calls/s, resident memory +${Math.round(grown)} MiB (proxy, stand-in and caller together)`
    )
  }
  const began = performance.now()
  const found = await call('getAppId', body)
  console.log(`getAppId of 50 MB: ${found.data} in ${Math.round(performance.now() - began)} ms`)
  await call('stop', { sessionId, execId })
}

async function stops(): Promise<void> {
  const ids: number[] = []
  for (let at = 0; at < 20; at++) ids.push(await started('stubborn'))
  const watched = await started('hold')
  const times: number[] = []
  let over = false
  const poller = async () => {
    while (!over) {
      const began = performance.now()
      const { statusCode } = await call('status', { sessionId, execId: watched })
      if (statusCode !== 200) console.log(`status answered ${statusCode}`)
      times.push(performance.now() - began)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
  const polling = poller()
  const began = performance.now()
  const answers = await Promise.all(ids.map((execId) => call('stop', { sessionId, execId })))
  over = true
  await polling
  const sorted = times.toSorted((a, b) => a - b)
  const at = (share: number) => (sorted[Math.floor(sorted.length * share)] ?? 0).toFixed(1)
  const count = (test: (answer: (typeof answers)[number]) => boolean) => answers.filter(test).length
  console.log(
    `20 stops: ${count(({ statusCode }) => statusCode === 200)} proven, ${count(({ json }) => json.cancelSent === true)} sent and watched, ${count(({ json }) => json.cancelSent === false)} withdrawn, in ${Math.round((performance.now() - began) / 1000)} s`
  )
  console.log(`status meanwhile: ${times.length} calls, p50 ${at(0.5)} ms, p99 ${at(0.99)} ms`)
}

try {
  if (process.argv[2] === 'stops') await stops()
  else await logger()
} finally {
  await app.close()
  await azkaban.close()
}
