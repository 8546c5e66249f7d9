import t from 'tap'
import type { SandboxYarn } from '../../src/yarn/yarn.ts'
import { yarnFor } from './support/yarn.ts'

const lifeMs = 36_000_000

/** Who the stand-in takes the caller for: it names them when it refuses a kill. */
async function callerOf(yarn: SandboxYarn, id: string, query: string, cookie = '') {
  const response = await fetch(`${yarn.url}/ws/v1/cluster/apps/${id}/state${query}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json', ...(cookie === '' ? {} : { cookie }) },
    body: '{"state":"KILLED"}'
  })
  return /by remote user (.*)$/.exec(await response.text())?.[1]
}

async function cookieFor(yarn: SandboxYarn, user: string): Promise<string> {
  const response = await fetch(`${yarn.url}/ws/v1/cluster/info?user.name=${user}`)
  await response.arrayBuffer()
  return response.headers.get('set-cookie')?.split(';')[0] ?? ''
}

t.test('a caller is who its cookie says, else who it says it is, else dr.who', async (t) => {
  let now = 1_700_000_000_000
  const yarn = await yarnFor(t, { acl: true, clock: () => now })
  const id = yarn.submit({ user: 'alice' })
  yarn.advance(id, 'RUNNING')
  const cookie = await cookieFor(yarn, 'bob')
  t.equal(await callerOf(yarn, id, ''), 'dr.who')
  t.equal(await callerOf(yarn, id, '?user.name='), 'dr.who')
  t.equal(await callerOf(yarn, id, '?user.name=carol'), 'carol')
  t.equal(await callerOf(yarn, id, '', cookie), 'bob')
  t.equal(await callerOf(yarn, id, '?user.name=alice', cookie), 'bob')
  const forged = cookie.replace('u=bob&p=bob', 'u=alice&p=alice')
  for (const bad of [forged, cookie.replace(/&s=.*/, '"'), 'hadoop.auth=', 'hadoop.auth="&s="']) {
    t.equal(await callerOf(yarn, id, '?user.name=carol', bad), 'carol', bad)
  }
  now += lifeMs
  t.equal(await callerOf(yarn, id, '?user.name=carol', cookie), 'carol', 'expired')
})

t.test('an administrator may kill what belongs to others', async (t) => {
  const yarn = await yarnFor(t, { acl: true, admins: ['root'] })
  const id = yarn.submit({ user: 'alice' })
  yarn.advance(id, 'RUNNING')
  t.equal(await callerOf(yarn, id, '?user.name=bob'), 'bob')
  t.equal(await callerOf(yarn, id, '?user.name=root'), undefined)
  t.not(yarn.applications[0]?.state, 'RUNNING')
})
