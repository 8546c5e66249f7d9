import { setTimeout as pause } from 'node:timers/promises'
import { request } from 'undici'
import { type RunningServer, SERVERS, UNCACHED, UNCHECKED } from './servers.ts'
import { LARGE_BYTES, type Surroundings, UPLOAD_BYTES } from './surroundings.ts'

/** What an ended session may still be taken for: what the gateway promises. */
const REVOCATION_MS = 1000

/**
 * Sees that a server does its work before it is measured: passes a good token's requests on and gives the origin's
 * answers back, lets nobody else in, and a session that has ended neither (those that remember: within a second).
 * @throws Error that says what it did instead
 */
export async function checkServer(
  { name, url }: RunningServer,
  { small, openSession }: Surroundings
): Promise<void> {
  const { token, end } = await openSession()
  const wrong = (what: string) => new Error(`${SERVERS[name]} does not do its work: ${what}`)
  const get = async (path: string, headers: Record<string, string>) => {
    const { statusCode, body } = await request(`${url}/executor/${path}`, { headers })
    return { statusCode, text: await body.text() }
  }
  const good = await get('small', { token })
  if (good.statusCode !== 200 || good.text !== small) {
    throw wrong(`${good.statusCode} ${good.text} for a good token`)
  }
  const large = await get('files/large', { token })
  if (large.text.length !== LARGE_BYTES) throw wrong(`${large.text.length} of ${LARGE_BYTES} bytes`)
  const upload = await request(`${url}/executor/upload`, {
    method: 'POST',
    headers: { token, 'content-type': 'application/octet-stream' },
    body: Buffer.alloc(UPLOAD_BYTES, 'x')
  })
  const received = await upload.body.text()
  if (received !== `{"received":${UPLOAD_BYTES}}`) throw wrong(`an upload answers ${received}`)

  const expected = UNCHECKED.includes(name) ? 200 : 401
  const none = await get('small', {})
  if (none.statusCode !== expected) throw wrong(`${none.statusCode} without a token`)
  if (expected === 200) return
  await end()
  const endsAt = performance.now() + (UNCACHED.includes(name) ? 0 : REVOCATION_MS)
  for (;;) {
    const { statusCode } = await get('small', { token })
    if (statusCode === 401) return
    if (performance.now() > endsAt) throw wrong(`${statusCode} for a session that has ended`)
    await pause(10)
  }
}
