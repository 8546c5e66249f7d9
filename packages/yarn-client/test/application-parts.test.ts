import t from 'tap'
import { applicationsInParts, LARGE_LIST_BYTES } from '../src/application-parts.ts'
import { applicationsResponse } from '../src/rm-responses.ts'
import { rmError, rmOf } from './support/rm-of.ts'
import { say, scripted } from './support/scripted-server.ts'

const ALWAYS = new AbortController().signal
const all = () => true

/** As Jersey writes it: one line, the id first. */
function listOf(count: number, members: (at: number) => object = () => ({})): string {
  const app = Array.from({ length: count }, (_, at) => ({
    id: `application_1700000000000_${String(at + 1).padStart(4, '0')}`,
    user: 'alice',
    name: `job-${at}`,
    state: 'RUNNING',
    finalStatus: 'UNDEFINED',
    diagnostics: 'x'.repeat(500),
    ...members(at)
  }))
  return JSON.stringify({ apps: { app } })
}

function whole(text: string) {
  return applicationsResponse.parse(JSON.parse(text))
}

t.test('a large list is the same in parts as at once', async (t) => {
  const hostile = listOf(3000, (at) => ({
    name: ['任务-"},{"id":"application_1_1', '}]}},{', 'a\\', '\u0000'][at % 4],
    diagnostics: '},{"id":"'.repeat(at % 50)
  }))
  const nested = listOf(2000, () => ({
    timeouts: { timeout: [{ id: 'a' }, { id: 'b' }, { id: 'c' }] }
  }))
  for (const text of [listOf(3000), hostile]) {
    const read = await applicationsInParts(Buffer.from(text), all, ALWAYS)
    t.strictSame(read, whole(text))
  }
  // Cut where an application does not end it is no JSON: it is left to whoever reads all of it.
  t.equal(await applicationsInParts(Buffer.from(nested), all, ALWAYS), undefined)
})

t.test('bare numbers of Jersey are read in parts, too', async (t) => {
  const text = listOf(3000, () => ({ progress: 5 })).replaceAll('"progress":5', '"progress":NaN')
  const read = await applicationsInParts(Buffer.from(text), all, ALWAYS)
  t.equal(read?.length, 3000)
  t.equal(read?.[2999]?.progress, 0)
})

t.test(
  'what is not written as usual, or wrong somewhere, is left to be read at once',
  async (t) => {
    const good = listOf(3000)
    const bad: Record<string, string> = {
      small: listOf(10),
      'with blanks': good.replace('{"apps"', '{ "apps"'),
      'more behind it': `${good} `,
      'a comma too many': good.replace(/\]\}\}$/, ',]}}'),
      'two lists': `${good.slice(0, -3)}]},"more":{"app":[${good.slice(15)}`,
      'an element without a state': listOf(3000, (at) => (at === 2900 ? { state: null } : {})),
      'half a list': `${good.slice(0, -200)}]}}`,
      'no list': `{"apps":{"app":[${'1'.repeat(LARGE_LIST_BYTES)}]}}`
    }
    for (const [what, text] of Object.entries(bad)) {
      t.equal(await applicationsInParts(Buffer.from(text), all, ALWAYS), undefined, what)
    }
  }
)

t.test('everything else has its turn while a list is read', async (t) => {
  const text = listOf(10_000)
  let turns = 0
  let reading = true
  const count = () => {
    turns += 1
    if (reading) setImmediate(count)
  }
  setImmediate(count)
  await applicationsInParts(Buffer.from(text), all, ALWAYS)
  reading = false
  t.ok(turns > 30, `${turns} turns`)
})

t.test('reading ends with the signal', async (t) => {
  const controller = new AbortController()
  const keep = () => {
    controller.abort(new Error('enough'))
    return true
  }
  const reading = applicationsInParts(Buffer.from(listOf(3000)), keep, controller.signal)
  await t.rejects(reading, { message: 'enough' })
})

t.test(
  'a client answers a large list filtered and in order, and refuses half of one',
  async (t) => {
    const text = listOf(3000, (at) => ({ applicationTags: at % 3 === 0 ? 'ours' : 'theirs' }))
    const parsed = JSON.parse(text) as { apps: { app: { id: string }[] } }
    const server = await scripted(
      t,
      say(200, JSON.stringify({ apps: { app: parsed.apps.app.toReversed() } }))
    )
    const rm = rmOf(t, [server])
    const ours = await rm.applications({ tags: ['ours'] })
    t.strictSame(
      ours.map(({ id }) => id),
      parsed.apps.app.filter((_, at) => at % 3 === 0).map(({ id }) => id)
    )
    server.answer = say(200, `${text.slice(0, -300)}]}}`)
    await t.rejects(rm.applications({ tags: ['ours'] }), rmError('RM_NONSENSE'))
  }
)

t.test('an RM that cannot leave so much out is asked for less, from then on', async (t) => {
  const refusal = JSON.stringify({
    RemoteException: {
      exception: 'BadRequestException',
      message:
        'java.lang.Exception: Invalid deSelects string timeouts specified. It should be one of [resourceRequests]'
    }
  })
  const server = await scripted(t, (response, { url }) => {
    const refused = /deSelects=[^&]*timeouts/.test(url)
    say(refused ? 400 : 200, refused ? refusal : listOf(2))(response, server.asked[0] as never)
  })
  const rm = rmOf(t, [server])
  t.equal((await rm.applications()).length, 2)
  t.equal((await rm.applications()).length, 2)
  t.equal(server.asked.length, 3)
  server.answer = say(400, refusal)
  await t.rejects(rm.applications(), rmError('RM_ERROR', { status: 400 }))
})
