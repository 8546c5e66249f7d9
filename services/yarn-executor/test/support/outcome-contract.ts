import type { Test } from 'tap'
import type { JobStore } from '../../src/domain/job-store.ts'
import type { Verdict } from '../../src/domain/submission.ts'
import { newSubmission, type OpenStore } from './job-store-contract.ts'

const FAILED: Verdict = {
  outcome: 'FAILED',
  evidence: [
    { source: 'launcher', text: 'the launcher ended with exit code 1' },
    { source: 'output', text: 'RuntimeError: 失败\0' }
  ]
}
const UNKNOWN: Verdict = { outcome: 'UNKNOWN', evidence: [{ source: 'yarn', text: 'forgotten' }] }

async function submitted(store: JobStore): Promise<string> {
  const { id } = await store.accept(newSubmission())
  await store.change(id, { to: 'LAUNCHING', who: 'executor' })
  await store.change(id, { to: 'SUBMITTED', who: 'resource-manager' })
  return id
}

const happened = async (store: JobStore, id: string) =>
  (await store.events(id)).map(({ who, what, detail }) => ({ who, what, detail })).slice(3)

/** How it went, and what was out of order. */
export function outcomeContract(t: Test, name: string, open: OpenStore): void {
  t.test(`${name}: an outcome is set once, when it is over, with one event`, async (t) => {
    const { store, reopen } = await open(t, () => 8)
    const id = await submitted(store)
    t.equal(await store.setOutcome(id, FAILED), false, 'it is not over')
    t.match(await store.find(id), { outcome: null, evidence: [] })
    await store.change(id, { to: 'FINISHED', who: 'resource-manager' })
    const answers = await Promise.all([store.setOutcome(id, FAILED), store.setOutcome(id, FAILED)])
    t.strictSame(answers.sort(), [false, true])
    t.equal(await store.setOutcome(id, UNKNOWN), false, 'for good')
    t.equal(await store.setOutcome('nobody', UNKNOWN), false)
    const again = await reopen()
    t.match(await again.find(id), { state: 'FINISHED', changedAt: 8, ...FAILED })
    t.strictSame(await happened(again, id), [
      { who: 'resource-manager', what: 'FINISHED', detail: null },
      {
        who: 'executor',
        what: 'outcome',
        detail: 'FAILED: the launcher ended with exit code 1'
      }
    ])
  })

  t.test(`${name}: an outcome that comes with a step has its event as well`, async (t) => {
    const { store } = await open(t, () => 8)
    const id = await submitted(store)
    await store.change(id, { to: 'LOST', who: 'resource-manager', also: UNKNOWN })
    t.match(await store.find(id), UNKNOWN)
    t.match(await happened(store, id), [{ what: 'LOST' }, { detail: 'UNKNOWN: forgotten' }])
    t.equal(await store.setOutcome(id, FAILED), false)
  })

  t.test(`${name}: those that are over without an outcome are found, in parts`, async (t) => {
    const { store } = await open(t, () => 8)
    const ids: string[] = []
    for (let count = 0; count < 5; count += 1) ids.push(await submitted(store))
    const [live = '', known = '', ...others] = ids
    for (const id of [known, ...others]) await store.change(id, { to: 'KILLED', who: 'x' })
    await store.setOutcome(known, UNKNOWN)
    const first = await store.withoutOutcome({ limit: 2 })
    const after = first.at(-1)?.id ?? ''
    const rest = await store.withoutOutcome({ limit: 2, after })
    t.strictSame(
      [...first, ...rest].map(({ id }) => id),
      others.sort()
    )
    t.notOk(others.includes(live))
    t.strictSame(await store.withoutOutcome({ limit: 2, after: others.at(-1) ?? '' }), [])
  })

  t.test(`${name}: a warning of each code is kept once while it is live`, async (t) => {
    const { store, reopen } = await open(t, () => 8)
    const id = await submitted(store)
    const gone = { code: 'CLIENT_GONE', text: 'its client was killed' }
    const ended = { code: 'JOB_ENDED', text: 'Flink says FINISHED\0' }
    const answers = await Promise.all([store.warn(id, gone), store.warn(id, gone)])
    t.strictSame(answers.sort(), [false, true])
    t.equal(await store.warn(id, { ...gone, text: 'in other words' }), false)
    t.equal(await store.warn(id, ended), true)
    t.equal(await store.warn('nobody', gone), false)
    const again = await reopen()
    t.strictSame((await again.find(id))?.warnings, [gone, ended])
    t.match(await happened(again, id), [
      { who: 'executor', what: 'warning', detail: 'CLIENT_GONE: its client was killed' },
      { what: 'warning', detail: /^JOB_ENDED: Flink says FINISHED/ }
    ])
    await again.change(id, { to: 'KILLED', who: 'resource-manager' })
    t.equal(await again.warn(id, { code: 'LATE', text: '' }), false, 'it is over')
    t.strictSame((await again.find(id))?.warnings, [gone, ended], 'they stay')
  })
}
