import { type Host, readHost } from '@scheduler-task/host-identity/host'
import { startPostgres } from '@scheduler-task/test-support/postgres-server'
import t, { type Test } from 'tap'
import { createHostedLaunching } from '../../src/adapters/hosted-launching.ts'
import { createClaims } from '../../src/adapters/postgres-claims.ts'
import { openPostgres } from '../../src/adapters/postgres-database.ts'
import { createLeases } from '../../src/adapters/postgres-leases.ts'
import { createSharedJobStore } from '../../src/adapters/sql-job-store.ts'
import type { Owner } from '../../src/adapters/sql-ownership.ts'
import type { Launching } from '../../src/domain/launching.ts'
import { newSubmission } from '../support/job-store-contract.ts'

const postgres = await startPostgres(t)
const HERE = { ...readHost('a'), machineId: 'machine' }
const HOUR_S = 3600

/** What is found on the machine itself, once it is asked there. */
const AFTER_BOOT = { fence: async () => 'free' } as unknown as Launching

/**
 * What a launch was left by: an instance of `before`, gone and not renewed for `goneForS`; and what one on `after`, whose
 * machine is up for an hour, finds out about it.
 */
async function fenceAfter(t: Test, before: Host, after: Host, goneForS: number) {
  const url = await postgres.createDatabase()
  const database = await openPostgres({ url, maxConnections: 3 })
  const store = createSharedJobStore(database)
  t.teardown(() => store.close())
  const leases = createLeases(database.db)
  const join = async (host: Host): Promise<Owner> => ({
    token: await leases.take(host, undefined),
    host,
    isValid: () => true
  })
  const owner = await join(before)
  const own = store.inNameOf(owner)
  const { id } = await own.accept(newSubmission())
  const attemptId = `${id}-1`
  const attempt = {
    id: attemptId,
    submissionId: id,
    tag: `st-a-${attemptId}`,
    profile: 'waterdrop-2',
    argv: [],
    renderedDigest: 'sha256:01',
    holdsDriver: true,
    directory: `/nowhere/${attemptId}`
  }
  await own.addAttempt(attempt)
  await own.change(id, { to: 'LAUNCHING', who: 'executor' })
  await leases.end(owner.token)
  await database.db
    .updateTable('instances')
    .set({ renewed_at: new Date(Date.now() - goneForS * 1000) })
    .where('token', '=', owner.token)
    .execute()

  const self = await join(after)
  const claims = createClaims(database)
  await claims.settleHost(self)
  const launching = createHostedLaunching(AFTER_BOOT, {
    database,
    host: after,
    release: claims.release,
    requireLease: () => {}
  })
  const [claim] = await claims.claim(self, 10)
  t.equal(claim?.submission.id, id)
  const ref = { attemptId, identity: undefined, directory: attempt.directory }
  return { elsewhere: claim?.elsewhere, fence: await launching.fence(ref) }
}

t.test('of what ran before its machine was started again, nothing is left', async (t) => {
  const earlier = { ...HERE, bootId: 'earlier' }
  const now = { ...HERE, uptimeSeconds: HOUR_S }
  const cases: readonly [string, Host, Host, number, string][] = [
    ['the machine was started again', earlier, now, 2 * HOUR_S, 'free'],
    ['… under another HOST_ID', earlier, { ...now, id: 'b' }, 2 * HOUR_S, 'free'],
    ['another machine with the same id: both ran at once', earlier, now, HOUR_S / 2, 'unknown'],
    ['another machine', { ...earlier, machineId: 'other' }, now, 2 * HOUR_S, 'unknown'],
    [
      'machines without an id',
      { ...earlier, machineId: '' },
      { ...now, machineId: '' },
      2 * HOUR_S,
      'unknown'
    ]
  ]
  for (const [name, before, after, goneForS, fence] of cases) {
    const found = await fenceAfter(t, before, after, goneForS)
    t.equal(found.fence, fence, name)
    t.equal(found.elsewhere !== undefined, fence === 'unknown', `${name}: is said`)
  }
})
