import { setMaxListeners } from 'node:events'
import { pino } from 'pino'
import t, { type Test } from 'tap'
import { createBackgroundWork } from '../../src/domain/background-work.ts'
import { createEventFeed } from '../../src/domain/event-feed.ts'
import type { PositionedEvent } from '../../src/domain/submission.ts'

const log = pino({ level: 'silent' })

/** A store with events only; `asked` counts the questions. */
function eventsOnly() {
  const all: PositionedEvent[] = []
  const listeners = new Set<() => void>()
  const asked = { times: 0 }
  return {
    asked,
    add: (count: number) => {
      for (let n = 0; n < count; n += 1) {
        const position = (all.at(-1)?.position ?? 0) + 1
        const what = { submissionId: 's', at: 0, who: 'w', what: 'x', detail: null }
        all.push({ ...what, position })
      }
      for (const listener of listeners) listener()
    },
    removeAll: () => all.splice(0, all.length - 1),
    store: {
      eventsAfter: async (after: number, limit: number) => {
        asked.times += 1
        return all.filter(({ position }) => position > after).slice(0, limit)
      },
      lastPosition: async () => all.at(-1)?.position ?? 0,
      onChange: (listener: () => void) => {
        listeners.add(listener)
        return () => listeners.delete(listener)
      }
    }
  }
}

function feedOf(t: Test, { store }: ReturnType<typeof eventsOnly>) {
  const background = createBackgroundWork(log)
  t.teardown(() => background.close())
  return createEventFeed({ store, background, log })
}

const forever = new AbortController().signal
setMaxListeners(0, forever)

/** Positions up to one. */
async function upTo(
  position: number,
  parts: AsyncIterable<readonly PositionedEvent[]>
): Promise<number[]> {
  const seen: number[] = []
  for await (const part of parts) {
    seen.push(...part.map((event) => event.position))
    if ((seen.at(-1) ?? 0) >= position) break
  }
  return seen
}

const numbers = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, at) => from + at)

t.test('who is far behind, near or new gets each event once', async (t) => {
  const events = eventsOnly()
  events.add(5000)
  const feed = feedOf(t, events)
  const options = { idleMs: 20, signal: forever }
  const [far, near, fresh] = [0, 4900, undefined].map((after) =>
    upTo(7600, feed.follow(after, options))
  )
  await new Promise((resolve) => setTimeout(resolve, 50))
  events.add(2600)
  t.strictSame(await far, numbers(1, 7600))
  t.strictSame(await near, numbers(4901, 7600))
  t.strictSame(await fresh, numbers(5001, 7600))
})

t.test('1 000 followers cost the store no more than one', async (t) => {
  const events = eventsOnly()
  events.add(10)
  const feed = feedOf(t, events)
  const options = { idleMs: 60_000, signal: forever }
  const all = Array.from({ length: 1000 }, () => upTo(15, feed.follow(undefined, options)))
  await new Promise((resolve) => setTimeout(resolve, 50))
  const before = events.asked.times
  events.add(5)
  for (const seen of await Promise.all(all)) t.strictSame(seen, numbers(11, 15))
  t.ok(events.asked.times - before <= 3, `${events.asked.times - before} questions`)
})

t.test('what was removed is not waited for; silence is told; the signal ends it', async (t) => {
  const events = eventsOnly()
  events.add(10)
  const feed = feedOf(t, events)
  const end = new AbortController()
  const parts = feed.follow(5, { idleMs: 5, signal: end.signal })[Symbol.asyncIterator]()
  events.removeAll()
  t.match((await parts.next()).value, [{ position: 10 }])
  t.strictSame((await parts.next()).value, [])
  const before = events.asked.times
  t.strictSame((await parts.next()).value, [])
  t.ok(events.asked.times - before < 5, 'nobody asks again and again')
  end.abort()
  t.equal((await parts.next()).done, true)
})
