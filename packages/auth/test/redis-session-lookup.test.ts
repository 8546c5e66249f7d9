import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import t, { type Test } from 'tap'
import { connectRedis } from '../src/redis-plugin.ts'
import { createRedisSessionLookup } from '../src/redis-session-lookup.ts'

/** Something in the place of Redis that answers everything alike; the client is connected to it. */
async function answeringAlways(t: Test, answer: string) {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.on('data', (bytes) => {
      const commands = bytes.toString('latin1').match(/^\*\d+\r$/gm) ?? []
      socket.write(answer.repeat(commands.length))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = connectRedis(`redis://127.0.0.1:${(server.address() as AddressInfo).port}`)
  client.on('error', () => {})
  t.teardown(async () => {
    client.disconnect()
    server.close()
    await once(server, 'close')
  })
  return client
}

t.test('what answers in the place of Redis lets nobody in', async (t) => {
  for (const [name, answer] of [
    ['a number', ':1\r\n'],
    ['an empty list', '*0\r\n'],
    ['a list', '*1\r\n$1\r\na\r\n'],
    ['an error', '-ERR nothing\r\n'],
    ['a demand for a password', '-NOAUTH Authentication required.\r\n']
  ] as const) {
    const client = await answeringAlways(t, answer)
    const sessions = createRedisSessionLookup(client, '')
    // Its own first questions may be answered by nonsense too; then it stays unconnected.
    await Promise.race([once(client, 'ready'), once(client, 'error'), once(client, 'close')]).catch(
      () => {}
    )
    await t.rejects(sessions.find('a'), { name: 'SessionStoreUnavailable' }, name)
  }
})
