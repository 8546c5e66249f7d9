import { appendFileSync, readFileSync, statSync } from 'node:fs'
import { appendFile } from 'node:fs/promises'
import { join } from 'node:path'
import { until } from '@scheduler-task/test-support/until'
import t, { type Test } from 'tap'
import { startSurroundings } from './support/executor.ts'
import { followLog, logOf } from './support/log-calls.ts'
import { startService } from './support/service-process.ts'
import { v2Calls } from './support/v2-calls.ts'

/** Writes numbered lines into a launcher's output, as it would, whether or not anybody reads them. */
function writeNumbers(t: Test, path: string): { count: () => number; stop: () => void } {
  let count = 0
  const timer = setInterval(() => {
    // Lines are torn between two writes, now and then.
    const line = `n=${count} ${'x'.repeat(count % 50)}\n`
    appendFileSync(path, line.slice(0, count % 7))
    appendFileSync(path, line.slice(count % 7))
    count += 1
  }, 10)
  const stop = () => clearInterval(timer)
  t.teardown(stop)
  return { count: () => count, stop }
}

const numbersIn = (texts: readonly string[]) =>
  texts.flatMap((text) => /^n=(\d+) /.exec(text)?.[1] ?? []).map(Number)

/** Comes back with the last id that was seen, as a browser does. */
function followThrough(t: Test, urlOf: () => string, id: string, alone: { ended: boolean }) {
  const texts: string[] = []
  let current = followLog(t, urlOf(), id)
  let last: string | undefined
  const look = () => {
    if (!current.closed()) return
    texts.push(...current.texts())
    last = current.lastId() ?? last
    current = followLog(t, urlOf(), id, { lastEventId: last })
  }
  const timer = setInterval(() => !alone.ended && look(), 50)
  t.teardown(() => clearInterval(timer))
  return {
    texts: () => [...texts, ...current.texts()],
    ended: () => current.ended()
  }
}

t.test('kill -9 of the service leaves no gap and repeats nothing, for anybody', async (t) => {
  const { variables } = await startSurroundings(t)
  let service = await startService(t, variables)
  const { submit, inState } = v2Calls(service.url)
  const id = String((await submit('survives')).body.id)
  await inState(id, 'RUNNING')
  const path = join(String(variables.DATA_DIR), 'attempts', `${id}-1`, 'stdout')
  const numbers = writeNumbers(t, path)
  const alone = { ended: false }
  const followers = [1, 2, 3, 4, 5].map(() => followThrough(t, () => service.url, id, alone))

  for (let kills = 0; kills < 2; kills += 1) {
    const seen = numbers.count() + 40
    await until('everybody is there', () =>
      followers.every((one) => (numbersIn(one.texts()).at(-1) ?? 0) >= seen)
    )
    await service.kill()
    const before = numbers.count()
    await until('some is written while nobody reads', () => numbers.count() > before + 20)
    service = await startService(t, variables)
  }
  const seen = numbers.count() + 20
  await until('everybody is there again', () =>
    followers.every((one) => (numbersIn(one.texts()).at(-1) ?? 0) >= seen)
  )
  numbers.stop()
  await v2Calls(service.url).post(`/jobs/${id}/stop`)
  await until('everybody has heard of the end', () => followers.every((one) => one.ended()))
  alone.ended = true

  const { items, complete } = await logOf(service.url, id, 'size=1048576')
  t.equal(complete, true)
  const texts = items.map(({ text }) => text)
  for (const follower of followers) t.strictSame(follower.texts(), texts)
  // The launcher prints, too, now and then into the middle of a torn line: what stands in its file counts.
  const printed = readFileSync(path, 'utf8').replace(/\n$/, '').split('\n')
  const stdout = items.filter(({ source }) => source === 'launcher/stdout')
  t.strictSame(
    stdout.map(({ text }) => text),
    printed
  )
  t.ok(numbersIn(printed).length > numbers.count() - 10, 'the numbers are among it')
})

t.test('what comes to its end while the service is down is in the log, and ends it', async (t) => {
  const { variables } = await startSurroundings(t)
  const first = await startService(t, variables)
  const { submit, inState } = v2Calls(first.url)
  const id = String((await submit('down', { configFile: 'short.conf' })).body.id)
  await inState(id, 'RUNNING', 'FINISHED')
  await first.kill()
  const directory = join(String(variables.DATA_DIR), 'attempts', `${id}-1`)
  await until('the launcher has ended', () =>
    statSync(join(directory, 'exit-status'), { throwIfNoEntry: false })
  )
  await appendFile(join(directory, 'stdout'), 'written by nobody any more')
  const { url } = await startService(t, variables)
  const log = await until('the log is complete', async () => {
    const part = await logOf(url, id, 'size=1048576')
    return part.complete && part
  })
  t.equal(log.items.filter(({ text }) => text === 'written by nobody any more').length, 1)
})

t.test('a launcher that prints without end takes bounded room on the disk', async (t) => {
  const { variables } = await startSurroundings(t, { LOG_MAX_BYTES_PER_JOB: String(1024 * 1024) })
  const service = await startService(t, variables)
  const { submit, inState, post } = v2Calls(service.url)
  const id = String((await submit('wordy')).body.id)
  await inState(id, 'RUNNING')
  const path = join(String(variables.DATA_DIR), 'attempts', `${id}-1`, 'stdout')
  const block = Buffer.from(`${'y'.repeat(8000)}\n`.repeat(125))
  service.meanwhileHalted(() => {
    for (let at = 0; at < 30; at += 1) appendFileSync(path, block)
    appendFileSync(path, 'the last word\n')
  })
  await until('all is read', async () => {
    const { items } = await logOf(service.url, id, 'tail=200')
    return items.some(({ text }) => text === 'the last word')
  })
  await until('most of the launcher’s own file is gone', () => statSync(path).blocks * 512 < 12e6)
  const { items } = await logOf(service.url, id, 'size=1048576')
  const gaps = items.filter(({ source }) => source === 'executor')
  t.match(gaps, [{ text: /^about \d{8} bytes of launcher\/stdout are left out here/ }])
  t.equal(gaps.length, 1, 'one gap')
  t.not(items[0]?.text, items.at(-1)?.text)
  await post(`/jobs/${id}/stop`)
})
