import type { Test } from 'tap'
import { newSubmission, type OpenStore } from './job-store-contract.ts'

/** Events of all submissions, and the news of them. */
export function eventsContract(t: Test, name: string, open: OpenStore): void {
  t.test(`${name}: events of all submissions have positions that only rise`, async (t) => {
    const { store, reopen } = await open(t, () => 5)
    t.equal(await store.lastPosition(), 0)
    t.strictSame(await store.eventsAfter(0, 10), [])
    const first = await store.accept(newSubmission())
    const second = await store.accept(newSubmission())
    await store.change(first.id, { to: 'LAUNCHING', who: 'executor' })
    const events = await store.eventsAfter(0, 10)
    t.match(events, [
      { submissionId: first.id, at: 5, who: 'alice', what: 'ACCEPTED', detail: null },
      { submissionId: second.id, what: 'ACCEPTED' },
      { submissionId: first.id, what: 'LAUNCHING', who: 'executor' }
    ])
    const last = await store.lastPosition()
    t.equal(events.at(-1)?.position, last)
    t.strictSame(await store.eventsAfter(events[0]?.position ?? 0, 1), events.slice(1, 2))
    const again = await reopen()
    t.strictSame(await again.eventsAfter(0, 10), events, 'they are the same after a restart')
    await again.note({ submissionId: second.id, who: 'bob', what: 'noted', detail: 'a\0b' })
    t.match(await again.eventsAfter(last, 10), [{ what: 'noted', detail: 'a\uFFFDb' }])
  })

  t.test(`${name}: who follows the events misses none while many are written`, async (t) => {
    const { store } = await open(t, Date.now)
    const seen: string[] = []
    let position = 0
    let writing = true
    const writers = Promise.all(
      Array.from({ length: 100 }, async () => {
        const { id } = await store.accept(newSubmission())
        await store.change(id, { to: 'LAUNCHING', who: 'executor' })
        await store.change(id, { to: 'REJECTED', who: 'executor' })
      })
    ).finally(() => {
      writing = false
    })
    for (let goingOn = true; goingOn; ) {
      goingOn = writing
      const events = await store.eventsAfter(position, 7)
      for (const event of events) {
        t.ok(event.position > position)
        position = event.position
        seen.push(`${event.submissionId} ${event.what}`)
      }
      goingOn ||= events.length > 0
      await new Promise((resolve) => setImmediate(resolve))
    }
    await writers
    t.equal(seen.length, 300)
    t.equal(new Set(seen).size, 300)
  })

  t.test(`${name}: what was removed does not give its position to another`, async (t) => {
    const { store } = await open(t, () => 5)
    const { id } = await store.accept(newSubmission())
    await store.change(id, { to: 'REJECTED', who: 'executor' })
    const last = await store.lastPosition()
    await store.removeEndedBefore(6, 10)
    await store.accept(newSubmission())
    t.match(await store.eventsAfter(last, 10), [{ what: 'ACCEPTED' }])
  })

  t.test(`${name}: a change is told to those who listen, until they have enough`, async (t) => {
    const { store } = await open(t, Date.now)
    const position = await store.lastPosition()
    let calls = 0
    const heard = new Promise<void>((resolve) => {
      const end = store.onChange(() => {
        calls += 1
        resolve()
      })
      t.teardown(end)
    })
    const ended = store.onChange(() => t.fail('it had enough'))
    ended()
    await store.accept(newSubmission())
    await heard
    t.ok(calls > 0)
    t.equal((await store.eventsAfter(position, 10)).length, 1, 'there is something to read then')
  })
}
