import type { Test } from 'tap'
import { BadCursor, type JobStore, type SubmissionFilter } from '../../src/domain/job-store.ts'
import { newSubmission, type OpenStore } from './job-store-contract.ts'

/** Everything of a list, part by part. */
async function all(
  store: JobStore,
  filter: SubmissionFilter,
  limit: number,
  between: () => Promise<unknown> = async () => {}
): Promise<{ ids: string[]; totals: number[] }> {
  const ids: string[] = []
  const totals: number[] = []
  let after: string | undefined
  do {
    const page = await store.list(filter, { limit, ...(after !== undefined && { after }) })
    ids.push(...page.items.map(({ id }) => id))
    totals.push(page.total)
    after = page.nextCursor ?? undefined
    await between()
  } while (after !== undefined)
  return { ids, totals }
}

/** Lists with filters and cursors. */
export function listContract(t: Test, name: string, open: OpenStore): void {
  t.test(`${name}: a list comes newest first, in parts that miss and repeat nothing`, async (t) => {
    let clock = 1000
    // Several are accepted in the same millisecond.
    const { store } = await open(t, () => Math.floor(clock++ / 3))
    const ids: string[] = []
    for (let at = 0; at < 10; at += 1) {
      const id = `list-${['b', 'a-', '0', 'z'][at % 4]}${at}`
      ids.push((await store.accept(newSubmission({ id }))).id)
    }
    clock += 1000
    const once = await store.list({}, { limit: 100 })
    t.strictSame([once.total, once.nextCursor, once.items.length], [10, null, 10])
    const sorted = once.items.map(({ id }) => id)
    t.strictSame([...sorted].sort(), [...ids].sort())
    t.strictSame(
      once.items,
      [...once.items].sort((a, b) => b.acceptedAt - a.acceptedAt || (a.id < b.id ? 1 : -1))
    )
    for (const limit of [1, 3, 10]) {
      const more = () => store.accept(newSubmission())
      const parts = await all(store, { acceptedBefore: once.items[0]?.acceptedAt ?? 0 }, limit)
      t.strictSame(
        parts.ids,
        once.items
          .filter((one) => one.acceptedAt < (once.items[0]?.acceptedAt ?? 0))
          .map((i) => i.id)
      )
      const growing = await all(store, {}, limit, limit === 3 ? more : undefined)
      t.strictSame(growing.ids.slice(-10), sorted, 'newer ones move nothing')
    }
    t.strictSame((await store.list({}, { limit: 1 })).total, (await store.live()).length)
  })

  t.test(`${name}: a list holds what its filter says, and counts it`, async (t) => {
    let clock = 0
    const { store } = await open(t, () => ++clock)
    const spark = await store.accept(newSubmission({ taskName: '日报_2024%', owner: 'alice' }))
    const flink = await store.accept(
      newSubmission({ taskName: 'B', owner: 'bob', engine: 'flink' })
    )
    const ended = await store.accept(newSubmission({ taskName: 'b', owner: 'bob' }))
    await store.change(ended.id, { to: 'REJECTED', who: 'executor' })
    const cases: readonly [SubmissionFilter, readonly string[]][] = [
      [{}, [ended.id, flink.id, spark.id]],
      [{ states: ['REJECTED'] }, [ended.id]],
      [{ states: ['ACCEPTED', 'REJECTED'], owner: 'bob' }, [ended.id, flink.id]],
      [{ states: [] }, []],
      [{ engine: 'flink' }, [flink.id]],
      [{ owner: 'alice' }, [spark.id]],
      [{ owner: 'nobody' }, []],
      [{ taskName: 'b' }, [ended.id]],
      [{ nameContains: '2024%' }, [spark.id]],
      [{ nameContains: '_' }, [spark.id]],
      [{ nameContains: '报' }, [spark.id]],
      [{ nameContains: "'; drop table submissions; --" }, []],
      [{ acceptedFrom: flink.acceptedAt }, [ended.id, flink.id]],
      [{ acceptedBefore: flink.acceptedAt }, [spark.id]],
      [{ acceptedFrom: flink.acceptedAt, acceptedBefore: flink.acceptedAt }, []]
    ]
    for (const [filter, ids] of cases) {
      const page = await store.list(filter, { limit: 10 })
      t.strictSame(
        [page.items.map(({ id }) => id), page.total],
        [ids, ids.length],
        JSON.stringify(filter)
      )
    }
  })

  t.test(`${name}: an empty part still has the count of all`, async (t) => {
    let clock = 0
    const { store } = await open(t, () => ++clock)
    const nothing = { items: [], total: 0, nextCursor: null }
    t.strictSame(await store.list({}, { limit: 10 }), nothing, 'of none')
    const [oldest, ...others] = [newSubmission(), newSubmission(), newSubmission({ owner: 'bob' })]
    for (const one of [oldest, ...others]) await store.accept(one)
    const { id, acceptedAt } = (await store.list({}, { limit: 3 })).items[2] ?? {}
    t.equal(id, oldest.id)
    const after = Buffer.from(`${acceptedAt}:${id}`).toString('base64url')
    t.strictSame(
      await store.list({}, { limit: 2, after }),
      { ...nothing, total: 3 },
      'behind the end'
    )
    const first = await store.list({}, { limit: 2 })
    t.strictSame([first.items.length, first.total], [2, 3])
    const filter = { owner: 'bob' }
    t.strictSame(await store.list(filter, { limit: 2, after }), { ...nothing, total: 1 })
    t.strictSame(await store.list({ owner: 'nobody' }, { limit: 2, after }), nothing)
    await t.resolveMatch(store.list(filter, { limit: 1 }), { total: 1, nextCursor: null })
  })

  t.test(`${name}: what is counted is what was there when it was listed`, async (t) => {
    const { store } = await open(t, Date.now)
    let accepted = 0
    const accepts = (async () => {
      for (; accepted < 100; accepted += 1) await store.accept(newSubmission())
    })()
    let looks = 0
    for (; accepted < 100; looks += 1) {
      const { items, total } = await store.list({}, { limit: 1000 })
      if (items.length !== total) t.fail(`${items.length} of ${total}`)
      // Acceptances have their turn.
      await new Promise((resolve) => setImmediate(resolve))
    }
    await accepts
    t.ok(looks > 1, `${looks} looks`)
  })

  t.test(`${name}: a cursor that no list has answered is refused`, async (t) => {
    const { store } = await open(t, Date.now)
    for (const after of [
      '',
      'x',
      '!!',
      Buffer.from('1:A').toString('base64url'),
      'a'.repeat(9999)
    ]) {
      await t.rejects(store.list({}, { limit: 1, after }), BadCursor, after.slice(0, 20))
    }
  })
}
