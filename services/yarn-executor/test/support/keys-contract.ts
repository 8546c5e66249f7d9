import { createHash } from 'node:crypto'
import type { Test } from 'tap'
import { KeyReused, MAX_CONFIG_BYTES, NameTaken } from '../../src/domain/job-store.ts'
import { ImpossibleChange } from '../../src/domain/submission.ts'
import { newSubmission, type OpenStore } from './job-store-contract.ts'

export function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

/** Keys of clients, configs, outcomes, what people do by hand. */
export function keysContract(t: Test, name: string, open: OpenStore): void {
  t.test(`${name}: of 200 identical requests at once, one is accepted`, async (t) => {
    const { store } = await open(t, Date.now)
    const once = { key: 'one click', bodyDigest: 'sha256:aa' }
    const answers = await Promise.all(
      Array.from({ length: 200 }, () => store.acceptOnce(newSubmission({ taskName: 'x' }), once))
    )
    t.equal(new Set(answers.map(({ submission }) => submission.id)).size, 1)
    t.equal(answers.filter(({ first }) => first).length, 1)
    t.equal((await store.live()).length, 1)
  })

  t.test(`${name}: a key counts for its owner, after the end and a restart as well`, async (t) => {
    const { store, reopen } = await open(t, Date.now)
    const once = { key: 'k', bodyDigest: 'sha256:aa' }
    const { submission } = await store.acceptOnce(newSubmission({ taskName: 'x' }), once)
    await store.change(submission.id, { to: 'REJECTED', who: 'executor' })
    const again = await reopen()
    t.match(await again.acceptOnce(newSubmission({ taskName: 'x' }), once), {
      submission: { id: submission.id, state: 'REJECTED' },
      first: false
    })
    await t.rejects(
      again.acceptOnce(newSubmission({ taskName: 'y' }), { ...once, bodyDigest: 'sha256:bb' }),
      KeyReused
    )
    t.strictSame(await again.live(), [], 'a refused one has left nothing')
    const others = newSubmission({ taskName: 'x', owner: 'bob' })
    t.match(await again.acceptOnce(others, once), { submission: { id: others.id }, first: true })
    const other = newSubmission({ taskName: 'x' })
    await t.rejects(again.acceptOnce(other, { ...once, key: 'K' }), NameTaken, 'another key')
  })

  t.test(`${name}: what was accepted with a key is found by it, as it is now`, async (t) => {
    const { store, reopen } = await open(t, Date.now)
    const once = { key: 'k', bodyDigest: 'sha256:aa' }
    const given = newSubmission({
      taskName: 'x',
      promised: true,
      replacesApplication: 'application_1_0001'
    })
    t.equal(await store.acceptedWith(given.owner, once), undefined)
    const { submission } = await store.acceptOnce(given, once)
    t.match(submission, { id: given.id, promised: true })
    await store.change(given.id, { to: 'LAUNCHING', who: 'executor' })
    const again = await reopen()
    t.match(await again.acceptedWith(given.owner, once), {
      id: given.id,
      state: 'LAUNCHING',
      promised: true,
      replacesApplication: 'application_1_0001'
    })
    t.equal(await again.acceptedWith('somebody else', once), undefined)
    const other = { ...once, bodyDigest: 'sha256:bb' }
    await t.rejects(again.acceptedWith(given.owner, other), KeyReused)
    t.match(await again.accept(newSubmission({ taskName: 'y' })), {
      promised: false,
      replacesApplication: null
    })
  })

  t.test(`${name}: a restart asked for twice replaces once`, async (t) => {
    const { store } = await open(t, Date.now)
    const old = await store.accept(newSubmission({ taskName: 'x' }))
    const once = { key: 'restart', bodyDigest: 'sha256:aa' }
    const heirs = await Promise.all(
      [1, 2, 3].map(() =>
        store.acceptOnce(newSubmission({ taskName: 'x', replaces: old.id }), once)
      )
    )
    t.equal(new Set(heirs.map(({ submission }) => submission.id)).size, 1)
    t.equal((await store.holderOf('x'))?.id, heirs[0]?.submission.id)
    t.equal((await store.live()).length, 2)
  })

  t.test(`${name}: the bytes of a config are kept, once for all who use them`, async (t) => {
    const { store, reopen } = await open(t, Date.now)
    const config = Buffer.from('env { 名 = "\0\xff" }')
    const configDigest = digestOf(config)
    await store.accept(newSubmission({ configDigest }), { config })
    const { id } = await store.accept(newSubmission({ configDigest }), { config })
    const rendered = Buffer.alloc(MAX_CONFIG_BYTES, 'x')
    const attempt = {
      id: `${id}-1`,
      submissionId: id,
      tag: `st-a-${id}-1`,
      profile: 'p',
      argv: [],
      renderedDigest: digestOf(rendered),
      holdsDriver: false,
      directory: '/d'
    }
    await store.addAttempt(attempt, { config: rendered })
    const again = await reopen()
    t.strictSame(await again.config(configDigest), new Uint8Array(config))
    t.ok(Buffer.from((await again.config(attempt.renderedDigest)) ?? []).equals(rendered))
    t.equal(await again.config('sha256:00'), undefined)

    const large = Buffer.alloc(MAX_CONFIG_BYTES + 1)
    const given = newSubmission({ configDigest: digestOf(large) })
    await t.rejects(again.accept(given, { config: large }), RangeError)
    await t.rejects(again.accept(newSubmission(), { config }), /is not that of the bytes/)
    t.equal((await again.live()).length, 2, 'what is refused is not accepted')
  })

  t.test(`${name}: several attempts of a submission are kept in their order`, async (t) => {
    let clock = 1
    const { store } = await open(t, () => clock++)
    const { id: submissionId } = await store.accept(newSubmission())
    for (const at of ['1', '2', '3']) {
      const attempt = { id: `${submissionId}-${at}`, tag: `st-a-${submissionId}-${at}` }
      const launch = { profile: 'p', argv: [], renderedDigest: 'd', directory: '/d' }
      await store.addAttempt({ submissionId, holdsDriver: false, ...attempt, ...launch })
    }
    const attempts = await store.attemptsOf(submissionId)
    t.strictSame(
      attempts.map(({ id }) => id.slice(-2)),
      ['-1', '-2', '-3']
    )
    t.equal((await store.attemptOf(submissionId))?.id, attempts[2]?.id)
    t.strictSame(await store.attemptsOf('nobody'), [])
  })

  t.test(`${name}: an outcome is kept with its evidence`, async (t) => {
    const { store, reopen } = await open(t, Date.now)
    const { id, outcome, evidence } = await store.accept(newSubmission())
    t.match({ outcome, evidence }, { outcome: null, evidence: [] })
    for (const to of ['LAUNCHING', 'SUBMITTED'] as const) await store.change(id, { to, who: 'x' })
    const also = {
      outcome: 'FAILED' as const,
      evidence: [
        { source: 'yarn', text: 'finalStatus SUCCEEDED' },
        { source: 'launcher', text: 'exit status 1\0' }
      ]
    }
    await store.change(id, { to: 'FINISHED', who: 'watcher', also, text: 'NUL \0 in it' })
    t.match(await (await reopen()).find(id), { state: 'FINISHED', ...also })
  })

  t.test(`${name}: what the ResourceManager answers may be of any length`, async (t) => {
    const { store } = await open(t, Date.now)
    const { id } = await store.accept(newSubmission({ requestId: 'r'.repeat(5000) }))
    const long = 'nonsense '.repeat(1000)
    await store.observe(
      new Map([[id, { yarnState: long, finalStatus: long, observedAt: 2 ** 50 }]])
    )
    t.match(await store.find(id), { yarnState: long, observedAt: 2 ** 50 })
  })

  t.test(`${name}: a record is closed by hand once, and its name is free`, async (t) => {
    const { store } = await open(t, () => 77)
    const { id } = await store.accept(newSubmission({ taskName: 'x' }))
    await store.change(id, { to: 'LAUNCHING', who: 'executor' })
    await store.closeByHand(id, { who: 'root', text: 'the host is gone' })
    t.match(await store.find(id), {
      state: 'LOST',
      reason: 'CLOSED_BY_HAND',
      reasonText: 'the host is gone',
      outcome: 'UNKNOWN',
      closedBy: 'root',
      closedAt: 77
    })
    t.equal(await store.holderOf('x'), undefined)
    t.match((await store.events(id)).slice(-2), [
      { who: 'root', what: 'CLOSED_BY_HAND' },
      { who: 'executor', what: 'outcome', detail: 'UNKNOWN: the host is gone' }
    ])
    await t.rejects(store.closeByHand(id, { who: 'root', text: 'again' }), ImpossibleChange)
  })
}
