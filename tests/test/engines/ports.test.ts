import { once } from 'node:events'
import { createServer } from 'node:net'
import t from 'tap'
import { findFreeBase, portsFrom } from '../../engines/ports.ts'

t.test('a base of which one port is taken is passed over', async (t) => {
  const first = await findFreeBase()
  const server = createServer().listen(portsFrom(first).nodeManagerWeb, '127.0.0.1')
  t.teardown(() => server.close())
  await once(server, 'listening')
  t.ok((await findFreeBase(first)) > first)
})

t.test('all ports are below the range that outgoing connections use', async (t) => {
  await t.rejects(findFreeBase(32_700), { message: /No hundred free ports/ })
  const ports = Object.values(portsFrom(21_000))
  t.ok(ports.length >= 10)
  t.equal(new Set(ports).size, ports.length, 'no port is given twice')
  t.ok(ports.every((port) => port >= 21_000 && port < 21_100))
})
