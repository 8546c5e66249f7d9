import t from 'tap'
import type { LogAdvance } from '../src/log-advance.ts'
import { createNodeManagerLogs, type ReadFromOptions } from '../src/node-manager-logs.ts'
import { nmError } from './support/nm-error.ts'
import { type Answerer, replay, say, scripted } from './support/scripted-server.ts'

const ID = 'container_1795346732704_0001_01_000001'
type Test = Parameters<typeof scripted>[0]

/** A file as a NodeManager from 2.9 on sends it; it may be written to. */
function fileOf(content: Buffer) {
  const file = { content, beforeAnswer: () => {} }
  const answer: Answerer = (response, { url }) => {
    file.beforeAnswer()
    const size = Number(new URLSearchParams(url.split('?')[1]).get('size'))
    const part = size > 0 ? file.content.subarray(0, size) : file.content.subarray(size)
    response.write(
      `Container: ${ID} on nm1:45454\nLogAggregationType: LOCAL\n===\nLogType:stdout\nLogLength:${file.content.length}\nLogContents:\n`
    )
    response.write(part)
    response.end('End of LogType:stdout.\n***\n\n')
  }
  return { file, answer }
}

async function read(t: Test, answer: Answerer, options: ReadFromOptions) {
  const server = await scripted(t, answer)
  const logs = createNodeManagerLogs({ user: 'alice' })
  t.teardown(logs.close)
  const from = (more: Partial<ReadFromOptions> = {}) =>
    logs.readFrom({ nodeManager: server.url, containerId: ID }, 'stdout', { ...options, ...more })
  return { server, from, first: await from() }
}

const bytesOf = (advance: LogAdvance) => advance.kind === 'read' && advance.bytes.toString()

t.test('a file is read bit by bit, each byte once, while it grows', async (t) => {
  const { file, answer } = fileOf(Buffer.from('a'.repeat(10)))
  file.beforeAnswer = () => {
    file.content = Buffer.concat([file.content, Buffer.from('b'.repeat(7000))])
  }
  const { from, first } = await read(t, answer, { from: 0, maxBytes: 4096 })
  let seen = Buffer.from(bytesOf(first) || '')
  t.match(first, { kind: 'read', fileBytes: 7010, aggregation: 'LOCAL' })
  for (let calls = 0; calls < 8; calls += 1) {
    const next = await from({ from: seen.length, before: seen.subarray(-64) })
    if (next.kind !== 'read') return t.fail('it was not replaced')
    t.ok(next.bytes.length <= 4096)
    seen = Buffer.concat([seen, next.bytes])
  }
  t.equal(seen.length, 4096 * 9)
  t.equal(seen.compare(file.content.subarray(0, seen.length)), 0)
})

t.test('what comes in between two calls is more than the overlap: asked again', async (t) => {
  const { file, answer } = fileOf(Buffer.from('a'.repeat(100)))
  const { from, server } = await read(t, answer, { from: 0, maxBytes: 300 })
  file.content = Buffer.concat([file.content, Buffer.from('b'.repeat(200_000))])
  const next = await from({ from: 100, fileBytes: 100 })
  t.equal(bytesOf(next), 'b'.repeat(300), 'nothing is left out')
  t.equal(server.asked.length, 3)
  t.match(server.asked[1]?.url, /size=-65536&/)
  t.match(server.asked[2]?.url, /size=-265536&/)
  file.beforeAnswer = () => {
    file.content = Buffer.concat([file.content, Buffer.alloc(200_000)])
  }
  await t.rejects(from({ from: 100 }), nmError('NM_ERROR', { message: /grows faster/ }))
  t.equal(server.asked.length, 7, 'given up after four')
})

t.test('a file that was cut, and one that was begun anew and is longer by now', async (t) => {
  const { file, answer } = fileOf(Buffer.from('first file, read up to here'))
  const { from, first } = await read(t, answer, { from: 0 })
  const before = first.kind === 'read' ? first.bytes : Buffer.alloc(0)
  t.match(await from({ from: before.length, before }), { kind: 'read', bytes: Buffer.alloc(0) })
  file.content = Buffer.from('second')
  t.match(await from({ from: before.length, before }), { kind: 'replaced', fileBytes: 6 })
  file.content = Buffer.from('second file, which is already longer than the first one was')
  t.match(await from({ from: before.length, before }), { kind: 'replaced' })
  t.match(await from({ from: before.length }), { kind: 'read' }, 'cannot be told without')
})

t.test('nothing new in a file whose bytes before the place are not known', async (t) => {
  const { answer } = fileOf(Buffer.alloc(200_000, 'a'))
  const { first } = await read(t, answer, { from: 200_000, fileBytes: 200_000 })
  t.match(first, { kind: 'read', bytes: Buffer.alloc(0), fileBytes: 200_000 })
})

t.test('an empty file without a header (2.9 to 3.2)', async (t) => {
  const empty = say(200, 'End of LogType:stdout.This log file belongs to a running container')
  const { from, first } = await read(t, empty, { from: 0 })
  t.match(first, { kind: 'read', fileBytes: 0 })
  t.match(await from({ from: 5 }), { kind: 'replaced', fileBytes: 0 })
})

t.test('up to 2.8 the whole file comes, and what is to be skipped is bounded', async (t) => {
  const { from, first, server } = await read(t, say(200, 'one two three'), { from: 4, maxBytes: 3 })
  t.equal(bytesOf(first), 'two')
  t.match(first, { fileBytes: undefined })
  t.match(await from({ from: 99 }), { kind: 'replaced' })
  t.match(await from({ from: 7, before: Buffer.from('TWO') }), { kind: 'replaced' })
  await t.rejects(from({ from: 17 * 1024 * 1024 }), nmError('NM_TOO_LARGE'))
  t.equal(server.asked.length, 4)
})

t.test('half an answer, errors, and places that are none', async (t) => {
  const half: Answerer = (response) => {
    response.end(`Container: ${ID} on nm1:45454\nLogLength:100\nLogContents:\nhalf of it`)
  }
  const { from, server } = await read(t, say(200, 'raw'), { from: 0 })
  server.answer = half
  await t.rejects(from(), nmError('NM_NONSENSE', { message: /broke off/ }))
  server.answer = replay('3.3.6/containerlogs-unknown-container')
  await t.rejects(from(), nmError('NM_NOT_FOUND'))
  for (const bad of [{ from: -1 }, { from: 0.5 }, { maxBytes: 0 }, { maxBytes: 2 ** 30 }]) {
    await t.rejects(from(bad), TypeError)
  }
  t.notMatch(server.asked[0]?.headers.accept ?? '*/*', /json/, 'NodeManagers answer 500 to it')
})
