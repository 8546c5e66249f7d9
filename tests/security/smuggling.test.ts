import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { needsRedis } from '@scheduler-task/auth/test-support/redis-server'
import t, { type Test } from 'tap'
import { type PartName, type System, startSystem } from '../support/system.ts'
import { connectTo, head } from './support/send.ts'
import { requestsOf } from './support/service-log.ts'

// Two who read one message differently: what is a body for one is a request for the other, with somebody else's token.

const INNER =
  'GET /file/del?fileName=victim.txt HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: inner\r\n'

type Attempt = { name: string; lines: readonly string[]; body: string }

/** Messages whose length can be understood in several ways; `inner` is a whole request, with a good token. */
function attempts(inner: string): Attempt[] {
  const size = Buffer.byteLength(inner)
  const chunked = `0\r\n\r\n${inner}`
  const asChunk = `${size.toString(16)}\r\n${inner}\r\n0\r\n\r\n`
  const withLines = (name: string, ...lines: string[]): Attempt => ({ name, lines, body: inner })
  const coding = (name: string, line: string): Attempt[] => [
    {
      name: `${name}, with a length`,
      lines: [line, `Content-Length: ${chunked.length}`],
      body: chunked
    },
    { name: `${name}, with a short length`, lines: ['Content-Length: 4', line], body: chunked },
    { name, lines: [line], body: chunked }
  ]
  return [
    withLines('two lengths', 'Content-Length: 0', `Content-Length: ${size}`),
    withLines('two lengths, the other way', `Content-Length: ${size}`, 'Content-Length: 0'),
    withLines('the same length twice', 'Content-Length: 0', 'Content-Length: 0'),
    withLines('lengths in a list', `Content-Length: 0, ${size}`),
    withLines('a length with a sign', `Content-Length: +${size}`),
    withLines('a negative length', 'Content-Length: -1'),
    withLines('a length in hexadecimal', `Content-Length: 0x${size.toString(16)}`),
    withLines('a length with a fraction', `Content-Length: ${size}.0`),
    withLines('a length with an exponent', 'Content-Length: 1e1'),
    withLines('a length with an underscore', `Content-Length: 0_${size}`),
    withLines('an empty length', 'Content-Length:'),
    withLines('a length beyond all numbers', 'Content-Length: 99999999999999999999999'),
    withLines('a length before a space', `Content-Length : ${size}`),
    withLines('a length behind a fold', 'X: y', ` Content-Length: ${size}`),
    withLines('a folded length', 'Content-Length:', ` ${size}`),
    withLines('a length behind a bare CR', `X: y\rContent-Length: ${size}`),
    withLines('a length behind a bare LF', `X: y\nContent-Length: ${size}`),
    withLines('a length behind NUL', `X: y\0\r\nContent-Length: ${size}`),
    withLines('a name with NUL', `Content-Length\0: ${size}`),
    withLines('an underscore in the name', `Content_Length: ${size}`),
    withLines('a length named by Connection', 'Connection: content-length', 'Content-Length: 0'),
    ...coding('chunked', 'Transfer-Encoding: chunked'),
    ...coding('chunked in capitals', 'Transfer-Encoding: CHUNKED'),
    ...coding('chunked, chunked', 'Transfer-Encoding: chunked, chunked'),
    ...coding('chunked, identity', 'Transfer-Encoding: chunked, identity'),
    ...coding('identity', 'Transfer-Encoding: identity'),
    ...coding('xchunked', 'Transfer-Encoding: xchunked'),
    ...coding('chunked with a parameter', 'Transfer-Encoding: chunked;q=1'),
    ...coding('chunked in quotes', 'Transfer-Encoding: "chunked"'),
    ...coding('a tab before it', 'Transfer-Encoding:\tchunked'),
    ...coding('a vertical tab before it', 'Transfer-Encoding: \x0bchunked'),
    ...coding('a space behind the name', 'Transfer-Encoding : chunked'),
    ...coding('a folded one', 'Transfer-Encoding:\r\n chunked'),
    ...coding('behind a bare LF', 'X: y\nTransfer-Encoding: chunked'),
    ...coding('twice', 'Transfer-Encoding: x\r\nTransfer-Encoding: chunked'),
    ...coding('named by Connection', 'Connection: transfer-encoding\r\nTransfer-Encoding: chunked'),
    ...coding('an underscore in it', 'Transfer_Encoding: chunked'),
    ...coding('gzip, chunked', 'Transfer-Encoding: gzip, chunked'),
    {
      name: 'a chunk with an extension',
      lines: ['Transfer-Encoding: chunked'],
      body: `0;x=\r\n\r\n${inner}`
    },
    {
      name: 'an extension with a bare LF',
      lines: ['Transfer-Encoding: chunked'],
      body: `2;x=\n${inner}\r\n0\r\n\r\n`
    },
    {
      name: 'a chunk size with a sign',
      lines: ['Transfer-Encoding: chunked'],
      body: `+${asChunk}`
    },
    { name: 'a chunk size in 0x', lines: ['Transfer-Encoding: chunked'], body: `0x${asChunk}` },
    {
      name: 'a chunk size beyond all numbers',
      lines: ['Transfer-Encoding: chunked'],
      body: `fffffffffffffffff\r\n${inner}`
    },
    {
      name: 'a chunk with too much in it',
      lines: ['Transfer-Encoding: chunked'],
      body: `1\r\nab\r\n0\r\n\r\n${inner}`
    },
    {
      name: 'chunks that end in LF',
      lines: ['Transfer-Encoding: chunked'],
      body: `0\n\n${inner}`
    },
    {
      name: 'a length among the trailers',
      lines: ['Transfer-Encoding: chunked', 'Trailer: content-length'],
      body: `0\r\nContent-Length: ${size}\r\n\r\n${inner}`
    },
    {
      name: 'an upgrade',
      lines: ['Connection: upgrade', 'Upgrade: h2c', 'HTTP2-Settings: '],
      body: inner
    },
    { name: 'a websocket', lines: ['Connection: upgrade', 'Upgrade: websocket'], body: inner },
    {
      name: 'an expectation',
      lines: ['Expect: 100-continue', `Content-Length: ${size}`],
      body: inner
    },
    {
      name: 'an unknown expectation',
      lines: ['Expect: 200-ok', `Content-Length: ${size}`],
      body: inner
    }
  ]
}

/** Requests that the receiver of the whole bytes would answer, as it should: those in front of the inner one count one. */
async function tryAll(t: Test, system: System, part: PartName, method: string): Promise<number> {
  const { url } = system.parts[part]
  // Without a token: who is believed to send it is whoever comes next on a connection that two share.
  const all = attempts(`${INNER}\r\n`)
  for (const { name, lines, body } of all) {
    const begun = `${method} /file/mkdir?dirName=made HTTP/1.1\r\nHost: localhost\r\nToken: ${system.token}\r\n`
    const attacker = await connectTo(t, url)
    attacker.send(`${begun}X-Request-Id: outer\r\n${lines.join('\r\n')}\r\n\r\n${body}`)
    // Good requests on other connections get their own answers.
    for (const number of [1, 2]) {
      const other = await connectTo(t, url)
      const id = `good-${number}`
      const fields = { Token: system.token, 'X-Request-Id': id }
      other.send(head('GET', '/file/download?srcfile=seen.txt', fields))
      const answer = await other.next()
      const isOwn =
        answer?.status === 200 && answer.body === 'seen' && answer.headers['x-request-id'] === id
      if (!isOwn) t.fail(`${part}: after ${name} a good request is answered otherwise`, { answer })
      other.socket.destroy()
    }
    attacker.socket.destroy()
  }
  return all.length
}

t.test('messages with two meanings', needsRedis('@scheduler-task/tests'), async (t) => {
  const system = await startSystem(t)
  const { parts, files } = system
  await writeFile(join(files, 'seen.txt'), 'seen')
  await writeFile(join(files, 'victim.txt'), 'victim')
  let cases = 0
  for (const method of ['POST', 'GET']) cases += await tryAll(t, system, 'gateway', method)
  const behind = await requestsOf(parts.files)
  t.strictSame(
    behind.filter(({ reqId, url }) => reqId === 'inner' || /del/.test(url)),
    [],
    'no inner request has reached the service'
  )
  t.equal(behind.filter(({ reqId }) => /^good-/.test(reqId)).length, 2 * cases)
  const ids = new Set(['outer', 'good-1', 'good-2'])
  const others = behind.filter(({ reqId, url }) => !ids.has(reqId) && /^\/file/.test(url))
  t.strictSame(others, [], 'the service has seen no request that nobody sent')

  for (const method of ['POST', 'GET']) cases += await tryAll(t, system, 'files', method)
  const alone = await requestsOf(parts.files)
  const inner = alone.filter(({ reqId }) => reqId === 'inner')
  t.strictSame(
    inner.filter(({ status }) => status !== 401),
    [],
    'an inner request has no token'
  )
  for (const [name, { output }] of Object.entries(parts)) {
    t.notMatch(output(), /"level":[56]0/, `${name} met no error of its own`)
  }
  t.comment(`${cases} attempts`)
  t.ok(cases > 200)
})
