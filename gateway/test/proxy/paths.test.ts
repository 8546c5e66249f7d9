import t from 'tap'
import { startGateway } from '../support/gateway.ts'
import { codeIn, connectRaw } from '../support/raw-connection.ts'
import { startUpstream } from '../support/upstream-server.ts'

t.test('a refused path reaches no service, and the connection goes on', async (t) => {
  const heard: (string | undefined)[] = []
  const upstream = await startUpstream(t, (request, response) => {
    heard.push(request.url)
    response.end('{}')
  })
  const { port, token } = await startGateway(t, {
    EXECUTOR_URL: upstream.url,
    FILE_SERVICE_URL: upstream.url
  })
  const connection = await connectRaw(t, port)
  const get = (target: string) => {
    connection.send(`GET ${target} HTTP/1.1\r\nHost: a\r\nToken: ${token}\r\n\r\n`)
    return connection.answer()
  }
  for (const target of [
    '//executor/running',
    '/executor/../file/del?fileName=a',
    '/executor/%2e%2e/file/del?fileName=a',
    '/executor/..;/file/del',
    '/executor\\running',
    '/executor%2frunning',
    '/executor/%00',
    '/executor/%zz',
    'http://127.0.0.1/executor/running'
  ]) {
    const answer = await get(target)
    t.equal(answer.status, 400, target)
    t.equal(codeIn(answer), 'BAD_PARAMETERS')
    t.not(answer.headers.connection, 'close')
  }
  t.strictSame(heard, [])

  t.equal((await get('/%65xecutor/status/application%5f1_1?a=%zz//..')).status, 200)
  t.strictSame(heard, ['/executor/status/application_1_1?a=%zz//..'], 'one form for all')
})

t.test('only whole prefixes in small letters lead to a service', async (t) => {
  const upstream = await startUpstream(t, (_request, response) => {
    response.end('{}')
  })
  const { port, token } = await startGateway(t, { EXECUTOR_URL: upstream.url })
  const connection = await connectRaw(t, port)
  for (const [target, status] of [
    ['/executor', 200],
    ['/executor/', 200],
    ['/executor?a', 200],
    ['/Executor/running', 404],
    ['/executors', 404],
    ['/executor.json', 404],
    ['/', 404]
  ] as const) {
    connection.send(`GET ${target} HTTP/1.1\r\nHost: a\r\nToken: ${token}\r\n\r\n`)
    t.equal((await connection.answer()).status, status, target)
  }
})

t.test('bytes above ASCII must be escaped, and arrive as they were', async (t) => {
  let heard = ''
  const upstream = await startUpstream(t, (request, response) => {
    heard = request.url ?? ''
    response.end('{}')
  })
  const { port, token } = await startGateway(t, { FILE_SERVICE_URL: upstream.url })
  const connection = await connectRaw(t, port)
  const escaped = '/file/del?fileName=%e6%b5%8B.txt'
  connection.send(`GET ${escaped} HTTP/1.1\r\nHost: a\r\nToken: ${token}\r\n\r\n`)
  t.equal((await connection.answer()).status, 200)
  t.equal(heard, escaped)

  connection.send(Buffer.from('GET /file/del?fileName=测.txt HTTP/1.1\r\nHost: a\r\n\r\n'))
  const refused = await connection.answer()
  t.equal(codeIn(refused), 'NOT_HTTP')
  t.match(refused.body, /must be percent-encoded/)
})

t.test('a prefix without a service says which variable is missing', async (t) => {
  const { port, token } = await startGateway(t)
  const connection = await connectRaw(t, port)
  for (const [path, variable] of [
    ['/azkaban/login', 'AZKABAN_PROXY_URL'],
    ['/executor/running', 'EXECUTOR_URL'],
    ['/file/del', 'FILE_SERVICE_URL']
  ] as const) {
    connection.send(`GET ${path} HTTP/1.1\r\nHost: a\r\nToken: ${token}\r\n\r\n`)
    const answer = await connection.answer()
    t.equal(answer.status, 503)
    t.equal(codeIn(answer), 'GATEWAY_NOT_CONFIGURED')
    t.equal(JSON.parse(JSON.parse(answer.body).data).variable, variable)
    t.ok(answer.headers['retry-after'])
    connection.send(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`)
    t.equal((await connection.answer()).status, 401, 'strangers are not told')
  }
})
