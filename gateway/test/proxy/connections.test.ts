import t from 'tap'
import type { Client } from 'undici'
import { type Call, createConnections } from '../../src/proxy/connections.ts'

function tried(connections: number, queue: number) {
  const made: Client[] = []
  const room = createConnections({ connections, queue }, () => {
    const client = { destroy: async () => {} } as Client
    made.push(client)
    return client
  })
  const begun: string[] = []
  const call = (name: string) => {
    const one: Call & { has?: Client } = {
      begin(connection) {
        begun.push(name)
        one.has = connection
      }
    }
    return one
  }
  return { room, made, begun, call }
}

t.test('calls wait in the order in which they came, as many as may', async (t) => {
  const { room, made, begun, call } = tried(1, 2)
  const first = call('first')
  t.ok(room.admit(first))
  t.ok(room.admit(call('second')))
  t.notOk(room.isFull())
  t.ok(room.admit(call('third')))
  t.ok(room.isFull())
  t.notOk(room.admit(call('fourth')))
  t.strictSame(begun, ['first'])
  room.release(first.has as Client, 'reusable')
  t.strictSame(begun, ['first', 'second'])
  t.equal(made.length, 1)
})

t.test('one that leaves gives its place in the queue to another', async (t) => {
  const { room, begun, call } = tried(1, 1)
  const [first, second] = [call('first'), call('second')]
  room.admit(first)
  room.admit(second)
  room.withdraw(second)
  t.notOk(room.isFull())
  t.ok(room.admit(call('third')))
  room.release(first.has as Client, 'reusable')
  t.strictSame(begun, ['first', 'third'])
})

t.test('a connection that cannot be made is not kept, and its place is not lost', async (t) => {
  const { room, made, begun, call } = tried(1, 5)
  const [first, second] = [call('first'), call('second')]
  room.admit(first)
  room.admit(second)
  room.release(first.has as Client, 'unusable')
  t.strictSame(begun, ['first', 'second'])
  t.not(second.has, first.has)
  t.equal(made.length, 2)
})

t.test('no more connections than are needed, the one used last first', async (t) => {
  const { room, made, call } = tried(10, 0)
  const [one, two, three] = [call('1'), call('2'), call('3')]
  for (const each of [one, two]) room.admit(each)
  for (const each of [one, two]) room.release(each.has as Client, 'reusable')
  room.admit(three)
  t.equal(three.has, two.has)
  t.equal(made.length, 2)
})

t.test('after its end nothing is admitted', async (t) => {
  const { room, made, call } = tried(10, 10)
  await room.destroy()
  t.notOk(room.admit(call('late')))
  t.equal(made.length, 0)
})
