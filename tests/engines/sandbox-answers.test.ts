import { startYarn } from '@scheduler-task/sandbox/yarn/yarn'
import { untilWithin } from '@scheduler-task/test-support/until'
import t, { type Test } from 'tap'
import { down, up } from './engines.ts'

// The sandbox's ResourceManager beside a real one of the same version: the same questions, and answers of the same
// status, type and shape, errors in the same words.

type Question = Readonly<{ method: string; path: string; body?: string }>
type Answer = Readonly<{ status: number; type: string | null; members: string[]; error: string }>
/** `taken`: status, type and place of the answer to its submission. */
type Side = Readonly<{ url: string; id: string; tag: string; taken: unknown[] }>

const engines = await up(process.env, (line) => t.comment(line))
if (engines.started) t.teardown(() => down(process.env, false))
const yarn = await startYarn()
t.teardown(() => yarn.close())
const sides = await Promise.all([engines.resourceManagerUrl, yarn.url].map(prepare))

const read = `
  | /info | /metrics | /scheduler | /nodes | /nodes?states=RUNNING | /nodes?states=NOPE | /appstatistics
  | /appstatistics?states=RUNNING | /nothing | /apps?states=NOPE | /apps?limit=x | /apps?limit=0
  | /apps?finalStatus=nope | /apps?user=nobody | /apps?queue=nope | /apps?applicationTags=no-such-tag
  | /apps?applicationTypes=NOPE | /apps?startedTimeBegin=x | /apps?applicationTags={tag}
  | /apps?applicationTags={tag}&states=ACCEPTED | /apps?applicationTags={tag}&states=accepted
  | /apps?applicationTags={tag}&states=RUNNING | /apps?applicationTags={tag}&queue=default
  | /apps?applicationTags={tag}&deSelects=nope | /apps?applicationTags={tag}&deSelects=resourceRequests
  | /apps/application_1_7777 | /apps/application_1_7777/state | /apps/application_1_7777/appattempts
  | /apps/foo | /apps/application_1 | /apps/{id} | /apps/{id}/state | /apps/{id}/queue | /apps/{id}/priority
  | /apps/{id}/nothing | /apps/{id}/appattempts | /apps/{id}/appattempts/{attempt}_000001
  | /apps/{id}/appattempts/{attempt}_000001/containers | /apps/{id}/appattempts/{attempt}_000009
  | /apps/{id}/appattempts/{attempt}_000009/containers | /apps/{id}/appattempts/foo
  | /apps/{id}/appattempts/foo/containers | /apps/{id}/appattempts/appattempt_1_7777_000001`
  .split('|')
  .map((path): Question => ({ method: 'GET', path: path.trim() }))

const state = '/apps/{id}/state?user.name=alice'
const changes: readonly Question[] = [
  { method: 'POST', path: '/apps?user.name=alice', body: '{}' },
  { method: 'POST', path: '/apps/{id}', body: '{}' },
  { method: 'DELETE', path: '/apps/{id}' },
  ...['{"state":"NOPE"}', '{"state":"RUNNING"}', '{}', '{"state":', ''].map((body) => ({
    ...{ method: 'PUT', path: state },
    body
  })),
  {
    method: 'PUT',
    path: '/apps/application_1_7777/state?user.name=alice',
    body: '{"state":"KILLED"}'
  }
]

t.test('an application that waits for its ApplicationMaster', async (t) => {
  for (const { url, id, taken } of sides) {
    const place = `${url}/ws/v1/cluster/apps/${id}`
    t.strictSame(taken, [202, 'application/json;charset=utf-8', place])
  }
  for (const question of [...read, ...changes]) await compare(t, question)
})

t.test('a kill, and what is said afterwards', async (t) => {
  await compare(t, { method: 'PUT', path: state, body: '{"state":"KILLED"}' })
  for (const { url, id } of sides) await reached(url, id, 'KILLED')
  await compare(t, { method: 'PUT', path: state, body: '{"state":"KILLED"}' })
  for (const question of read.filter(({ path }) => path.includes('{'))) await compare(t, question)
})

async function compare(t: Test, { method, path, body }: Question): Promise<void> {
  const [real, sandbox] = await Promise.all(
    sides.map(async (side) => {
      const put = (text: string) =>
        text
          .replaceAll('{id}', side.id)
          .replaceAll('{tag}', side.tag)
          .replaceAll('{attempt}', side.id.replace('application', 'appattempt'))
      const given = await ask(side.url, {
        method,
        path: put(path),
        ...(body !== undefined && { body })
      })
      return { ...given, error: given.error.replaceAll(side.id.replace('application', ''), '_ID') }
    })
  )
  t.strictSame(sandbox, real, [method, path, body].join(' '))
}

async function ask(url: string, { method, path, body }: Question): Promise<Answer> {
  const response = await fetch(`${url}/ws/v1/cluster${path}`, {
    method,
    headers: {
      accept: 'application/json',
      ...(body !== undefined && { 'content-type': 'application/json' })
    },
    ...(body !== undefined && { body }),
    signal: AbortSignal.timeout(10_000)
  })
  const text = await response.text()
  const type = response.headers.get('content-type')
  const { status } = response
  if (!type?.includes('json') || text === '') return { status, type, members: [], error: '' }
  const members = [...new Set(membersOf(JSON.parse(text)))].sort()
  return { status, type, members, error: status >= 400 ? text : '' }
}

/** `app.id: string` and so on; of a list what is in all of its items together. */
function membersOf(value: unknown, name = ''): string[] {
  if (Array.isArray(value))
    return [`${name}: list`, ...value.flatMap((one) => membersOf(one, name))]
  if (typeof value !== 'object' || value === null) return [`${name}: ${typeof value}`]
  return Object.entries(value).flatMap(([key, one]) => membersOf(one, `${name}.${key}`))
}

/** An application whose ApplicationMaster is a `sleep`, in ACCEPTED with its container. */
async function prepare(url: string): Promise<Side> {
  const tag = `x${Date.now().toString(36)}`
  const cluster = `${url}/ws/v1/cluster/apps`
  const headers = { 'content-type': 'application/json' }
  const offer = await fetch(`${cluster}/new-application?user.name=alice`, { method: 'POST' })
  const { 'application-id': id } = (await offer.json()) as { 'application-id': string }
  const body = {
    'application-id': id,
    'application-name': tag,
    'application-type': 'YARN',
    'max-app-attempts': 1,
    'application-tags': { tag: [tag] },
    resource: { memory: 256, vCores: 1 },
    'am-container-spec': {
      commands: { command: 'sleep 300 1><LOG_DIR>/stdout 2><LOG_DIR>/stderr' }
    }
  }
  const sent = { method: 'POST', headers, body: JSON.stringify(body) }
  const { status, headers: answered } = await fetch(`${cluster}?user.name=alice`, sent)
  const taken = [status, answered.get('content-type'), answered.get('location')]
  await reached(url, id, 'ACCEPTED')
  return { url, id, tag, taken }
}

async function reached(url: string, id: string, state: string): Promise<void> {
  await untilWithin(60_000, `${id} is ${state}`, async () => {
    const response = await fetch(`${url}/ws/v1/cluster/apps/${id}`)
    const { app } = (await response.json()) as { app: Record<string, string> }
    return (
      app.state === state && app.amContainerLogs !== undefined && !/^\[/.test(`${app.diagnostics}`)
    )
  })
}
