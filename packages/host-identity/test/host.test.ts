import { join } from 'node:path'
import t from 'tap'
import { readBootId, readPidNamespace } from '../src/boot-id.ts'
import { readHost, readMachineId } from '../src/host.ts'
import { isAlive } from '../src/process-identity.ts'

t.test('a host is its machine, its boot and its PID namespace', async (t) => {
  const host = readHost()
  t.equal(host.bootId, readBootId())
  t.ok(host.id.endsWith(`.${host.bootId}.${readPidNamespace()}`))
  t.ok(host.uptimeSeconds > 0)
  t.equal(host.process.pid, process.pid)
  t.ok(isAlive(host.process))
})

t.test('a given id stands for the host, and hides nothing of what it is', async (t) => {
  const { id, ...host } = readHost('edge-1')
  t.equal(id, 'edge-1')
  const { id: _, uptimeSeconds, ...own } = readHost()
  t.match(host, own)
})

t.test('the machine id comes from the first file that holds one', async (t) => {
  const id = '0123456789abcdef0123456789abcdef'
  const directory = t.testdir({ empty: '', odd: 'uninitialized\n', good: `${id}\n` })
  const files = ['missing', 'empty', 'odd', 'good'].map((name) => join(directory, name))
  t.equal(readMachineId(files), id)
  t.equal(readMachineId(files.slice(0, 3)), '')
})
