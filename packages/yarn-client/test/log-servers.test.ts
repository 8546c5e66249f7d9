import t from 'tap'
import { logsOnPage } from '../src/log-page.ts'
import { logServerUrlsVariable } from '../src/log-server-urls-variable.ts'
import { createLogServers, logServerUrls } from '../src/log-servers.ts'
import { nmError } from './support/nm-error.ts'
import { type Answerer, byPath, deadUrl, say, scripted } from './support/scripted-server.ts'

const APPLICATION = 'application_1795346732704_0001'
const CONTAINER = {
  containerId: 'container_1795346732704_0001_01_000001',
  nodeId: 'nm1:45454',
  owner: 'alice'
}
const { containerId } = CONTAINER
type Test = Parameters<typeof scripted>[0]

const json = (value: unknown) => say(200, JSON.stringify(value))
const info = (hadoopVersion: string) => json({ historyInfo: { hadoopVersion } })
const group = {
  containerLogInfo: [
    { fileName: 'stdout', fileSize: '11' },
    { fileName: 'launch_container.sh', fileSize: '5' }
  ],
  logAggregationType: 'AGGREGATED',
  containerId,
  nodeId: 'nm1:45454'
}
const frame = say(
  200,
  `Container: ${containerId} on nm1:45454\nLogAggregationType: AGGREGATED\n===\nLogType:stdout\nLogLength:11\nLogContents:\nhello worldEnd of LogType:stdout.\n`
)
const page = say(
  200,
  '<html><p>\nLog Type: stdout\n</p><p>Log Upload Time: x</p><p>\nLog Length: 11\n</p><pre>1 &lt; 2 &amp;&amp; y</pre></html>'
)

const JHS = '/ws/v1/history'
const AHS = '/ws/v1/applicationhistory'
const SERVERS: Record<string, [answer: Answerer, content: string]> = {
  'JobHistoryServer from 3.3 on': [
    byPath({
      [`GET ${JHS}/info`]: info('3.3.6'),
      [`GET ${JHS}/aggregatedlogs`]: json({ containerLogsInfo: [group] }),
      [`GET ${JHS}/containerlogs/${containerId}/stdout`]: frame
    }),
    'hello world'
  ],
  'Timeline server': [
    byPath({
      [`GET ${JHS}/info`]: say(404, '<html>'),
      [`GET ${AHS}/about`]: json({ About: 'Timeline API' }),
      [`GET ${AHS}/containers/${containerId}/logs`]: json({ containerLogsInfo: group }),
      [`GET ${AHS}/containerlogs/${containerId}/stdout`]: frame
    }),
    'hello world'
  ],
  'JobHistoryServer before 3.3': [
    byPath({
      [`GET ${JHS}/info`]: info('2.10.2'),
      [`GET ${AHS}/about`]: say(404, ''),
      [`GET /jobhistory/logs/nm1%3A45454/${containerId}/${containerId}/alice/`]: page,
      [`GET /jobhistory/logs/nm1%3A45454/${containerId}/${containerId}/alice/stdout/`]: page
    }),
    '1 < 2 && y'.padEnd(10)
  ]
}

function serversOf(t: Test, ...urls: string[]) {
  const servers = createLogServers({ urls, user: 'alice' })
  t.teardown(servers.close)
  return servers
}

for (const [name, [answer, content]] of Object.entries(SERVERS)) {
  t.test(`${name}: files and what is in them`, async (t) => {
    const server = await scripted(t, answer)
    const servers = serversOf(t, server.url)
    const files = await servers.filesOf(APPLICATION, [CONTAINER])
    t.strictSame(files, [{ containerId, nodeId: 'nm1:45454', name: 'stdout', bytes: 11 }])
    if (name.includes('before')) {
      const wrong = servers.readFrom(CONTAINER, 'stdout', { from: 0 })
      await t.rejects(wrong, nmError('NM_NONSENSE', { message: /another length/ }))
      return
    }
    const read = await servers.readFrom(CONTAINER, 'stdout', { from: 6 })
    t.match(read, { kind: 'read', bytes: Buffer.from(content.slice(6)), aggregation: 'AGGREGATED' })
    const asked = server.asked.length
    await servers.readFrom(CONTAINER, 'stdout', { from: 0 })
    t.equal(server.asked.length, asked + 1, 'what it speaks is known by now')
  })
}

t.test('a page counts when it has as many bytes as it says', async (t) => {
  const html = (length: number, text: string) =>
    `<p>Log Type: stdout</p><p>Log Length: ${length}</p><pre>${text}</pre><p>Log Type: stderr</p><p>Log Length: 0</p><pre></pre>`
  t.match(logsOnPage(html(5, 'a&lt;b&#39;c')), [
    { name: 'stdout', content: Buffer.from("a<b'c") },
    { name: 'stderr', bytes: 0, content: Buffer.alloc(0) }
  ])
  t.match(logsOnPage(html(3, '中')), [{ content: Buffer.from('中') }, {}])
  t.match(logsOnPage(html(9, 'cut')), [{ bytes: 9, content: undefined }, {}])
  const answer = byPath({
    [`GET ${JHS}/info`]: info('2.7.7'),
    [`GET ${AHS}/about`]: say(404, ''),
    [`GET /jobhistory/logs/nm1%3A45454/${containerId}/${containerId}/alice/stdout/`]: say(
      200,
      html(5, 'a&lt;b&gt;c')
    )
  })
  const servers = serversOf(t, (await scripted(t, answer)).url)
  const read = await servers.readFrom(CONTAINER, 'stdout', { from: 2 })
  t.match(read, { kind: 'read', bytes: Buffer.from('b>c'), fileBytes: 5 })
  await t.rejects(servers.readFrom(CONTAINER, 'stderr', { from: 0 }), nmError('NM_NOT_FOUND'))
})

t.test('several servers: the first that has it, and the fault that says most', async (t) => {
  const [answer] = SERVERS['JobHistoryServer from 3.3 on'] ?? [say(500, '')]
  const empty = byPath({ [`GET ${JHS}/info`]: info('3.4.1') })
  const without = await scripted(t, empty)
  const server = await scripted(t, answer)
  const both = serversOf(t, await deadUrl(t), without.url, server.url)
  t.equal((await both.filesOf(APPLICATION, [])).length, 1)
  const none = serversOf(t, without.url)
  await t.rejects(none.filesOf(APPLICATION, []), nmError('NM_NOT_FOUND'))
  const dead = serversOf(t, without.url, await deadUrl(t))
  await t.rejects(dead.filesOf(APPLICATION, []), {
    reason: 'NM_UNREACHABLE',
    message: /^log server/
  })
  await t.rejects(serversOf(t).filesOf(APPLICATION, []), nmError('NM_NOT_FOUND'))
  const other = serversOf(t, (await scripted(t, say(404, ''))).url)
  await t.rejects(other.filesOf(APPLICATION, []), nmError('NM_NONSENSE', { message: /neither/ }))
  for (const [container, file] of [
    [{ ...CONTAINER, containerId: 'x' }, 'stdout'],
    [CONTAINER, '../x']
  ] as const) {
    await t.rejects(both.readFrom(container, file, { from: 0 }))
  }
})

t.test('addresses, as a variable has them', (t) => {
  t.strictSame(logServerUrlsVariable.parse(undefined), [])
  t.strictSame(
    logServerUrlsVariable.parse(' http://jhs:19888/jobhistory/logs/ , https://b/ws/v1/history'),
    ['http://jhs:19888', 'https://b']
  )
  for (const bad of ['jhs:19888', 'http://a,ftp://b', 'http://u:p@a', 'http://a?x=1']) {
    t.match(logServerUrlsVariable.safeParse(bad), { success: false })
  }
  t.throws(() => logServerUrls(['http://a', 'x']), /address 2/)
  t.end()
})
