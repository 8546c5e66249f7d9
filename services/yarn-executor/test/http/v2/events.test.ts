import { until } from '@scheduler-task/test-support/until'
import t, { type Test } from 'tap'
import { request } from 'undici'
import { startExecutor } from '../../support/executor.ts'
import { v2Calls } from '../../support/v2-calls.ts'

type Seen = { id: number; jobId: string; what: string; who: string; at: string }

/** Follows the stream; what came is in `events`. */
async function watch(t: Test, url: string, headers: Record<string, string> = {}) {
  const gone = new AbortController()
  const answer = await request(`${url}/executor/v2/events`, { headers, signal: gone.signal })
  t.match(answer, {
    statusCode: 200,
    headers: { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store' }
  })
  const events: Seen[] = []
  let text = ''
  const ended = (async () => {
    try {
      for await (const bytes of answer.body) {
        text += String(bytes)
        const parts = text.split('\n\n')
        text = parts.pop() ?? ''
        for (const part of parts) {
          const [, id, data = ''] = /^id: (\d+)\ndata: (.*)$/.exec(part) ?? []
          if (id) events.push({ id: Number(id), ...(JSON.parse(data) as Omit<Seen, 'id'>) })
        }
      }
    } catch (error) {
      if (!gone.signal.aborted) throw error
    }
  })()
  const leave = async () => {
    gone.abort()
    await ended
  }
  t.teardown(leave)
  return { events, ended, leave }
}

const whatOf = (events: readonly Seen[], jobId: string) =>
  events.filter((event) => event.jobId === jobId).map(({ what }) => what)

t.test('everything that happens is told, and nothing is missed by who comes back', async (t) => {
  const { url, close } = await startExecutor(t)
  const { submit, inState, post, get } = v2Calls(url)
  const { body: earlier } = await submit('earlier')
  await inState(earlier.id, 'RUNNING')
  const first = await watch(t, url)
  const { body: job } = await submit('watched')
  const saw = (watcher: typeof first, what: string) =>
    until(`${what} is told`, () => whatOf(watcher.events, job.id).includes(what))
  await saw(first, 'SUBMITTED')
  t.strictSame(whatOf(first.events, earlier.id), [], 'from now on')
  t.equal(whatOf(first.events, job.id)[0], 'ACCEPTED')
  await first.leave()
  const last = first.events.at(-1)

  await inState(job.id, 'RUNNING')
  await post(`/jobs/${job.id}/stop`)
  await inState(job.id, 'KILLED')
  const second = await watch(t, url, { 'last-event-id': String(last?.id) })
  await saw(second, 'KILLED')
  const all = [...first.events, ...second.events].filter(({ jobId }) => jobId === job.id)
  const { items } = (await get(`/jobs/${job.id}/events`)).body
  t.strictSame(
    all.slice(0, items.length).map(({ what }) => what),
    items.map(({ what }: Seen) => what).slice(0, all.length)
  )
  const ids = [...first.events, ...second.events].map(({ id }) => id)
  t.strictSame(
    ids,
    [...new Set(ids)].sort((a, b) => a - b),
    'in order, none twice'
  )

  const ahead = await watch(t, url, { 'last-event-id': '999999999' })
  const { body: next } = await submit('next')
  await until('it is told', () => whatOf(ahead.events, next.id).includes('RUNNING'))

  for (const bad of ['x', '-1', '1e9', '9'.repeat(30)]) {
    const answer = await get('/events', { 'last-event-id': bad })
    t.match(answer, { http: 400, body: { code: 'BAD_PARAMETERS' } }, bad)
  }
  const ended = Promise.all([second.ended, ahead.ended])
  await close()
  await t.resolves(ended, 'the end of the service ends the streams')
})
