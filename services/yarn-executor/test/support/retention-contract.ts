import type { Test } from 'tap'
import type { JobStore } from '../../src/domain/job-store.ts'
import { newSubmission, type OpenStore } from './job-store-contract.ts'
import { digestOf } from './keys-contract.ts'

async function ended(store: JobStore, given: Parameters<typeof newSubmission>[0] = {}) {
  const { id } = await store.accept(newSubmission(given))
  await store.change(id, { to: 'REJECTED', who: 'executor' })
  return id
}

/** What is removed in time, and what never is. */
export function retentionContract(t: Test, name: string, open: OpenStore): void {
  t.test(`${name}: what ended goes with all that belongs to it, the oldest first`, async (t) => {
    let clock = 0
    const { store } = await open(t, () => ++clock)
    const config = Buffer.from('own')
    const once = { key: 'k', bodyDigest: 'd' }
    const given = newSubmission({ configDigest: digestOf(config) })
    const { submission } = await store.acceptOnce(given, once, { config })
    const attempt = {
      id: `${submission.id}-1`,
      submissionId: submission.id,
      tag: `st-a-${submission.id}`,
      profile: 'p',
      argv: [],
      renderedDigest: digestOf(Buffer.from('rendered')),
      holdsDriver: false,
      directory: '/data/attempts/1'
    }
    await store.change(submission.id, { to: 'LAUNCHING', who: 'executor' })
    await store.addAttempt(attempt, { config: Buffer.from('rendered') })
    await store.attemptEnded(attempt.id, { kind: 'exited', code: 1 })
    await store.change(submission.id, { to: 'REJECTED', who: 'executor' })
    const second = await ended(store)
    const third = await ended(store)
    const later = clock + 1

    t.strictSame(await store.removeEndedBefore(1, 10), { submissionIds: [], directories: [] })
    t.strictSame(await store.removeEndedBefore(later, 1), {
      submissionIds: [submission.id],
      directories: ['/data/attempts/1']
    })
    t.equal(await store.find(submission.id), undefined)
    t.strictSame(await store.attemptsOf(submission.id), [])
    t.strictSame(await store.events(submission.id), [])
    t.equal(await store.config(given.configDigest), undefined)
    t.equal(await store.config(attempt.renderedDigest), undefined)
    t.match(await store.acceptOnce(newSubmission(), once), { first: true }, 'its key is free')
    t.strictSame((await store.removeEndedBefore(later, 10)).submissionIds, [second, third])
  })

  t.test(`${name}: nothing live is removed, nor what something live stands on`, async (t) => {
    const { store } = await open(t, () => 5)
    const config = Buffer.from('shared')
    const shared = { configDigest: digestOf(config) }
    const live = await store.accept(newSubmission(shared), { config })
    const replaced = await ended(store, shared)
    const heir = await store.accept(newSubmission({ replaces: replaced }))
    const running = await store.accept(newSubmission())
    await store.change(running.id, { to: 'LAUNCHING', who: 'executor' })
    const attempt = { id: `${running.id}-1`, submissionId: running.id, tag: `st-a-${running.id}` }
    const launch = { profile: 'p', argv: [], renderedDigest: 'd', directory: '/d' }
    await store.addAttempt({ ...attempt, ...launch, holdsDriver: false })
    await store.change(running.id, { to: 'REJECTED', who: 'executor' })

    t.strictSame((await store.removeEndedBefore(10 ** 12, 10)).submissionIds, [])
    t.strictSame(await store.knownAttempts([attempt.id, 'another']), [attempt.id])
    t.strictSame(await store.knownAttempts([]), [])
    await store.change(heir.id, { to: 'REJECTED', who: 'executor' })
    await store.attemptEnded(attempt.id, { kind: 'exited', code: 1 })
    const removed = new Set((await store.removeEndedBefore(10 ** 12, 10)).submissionIds)
    t.strictSame(removed, new Set([replaced, heir.id, running.id]))
    t.strictSame(
      (await store.live()).map(({ id }) => id),
      [live.id]
    )
    t.ok(await store.config(shared.configDigest), 'a live one has the same config')
  })
}
