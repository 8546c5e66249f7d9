import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import t, { type Test } from 'tap'

/** A process that runs a service, and what it has printed since its address. */
async function startService(t: Test) {
  const child = spawn(
    process.execPath,
    [
      ...['--import', 'tsx', '--conditions=@scheduler-task/source'],
      join(import.meta.dirname, 'fixtures/runs-a-service.ts')
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] }
  )
  t.teardown(() => child.kill('SIGKILL'))
  const lines: string[] = []
  const reader = createInterface(child.stdout)
  await once(reader, 'line')
  reader.on('line', (line) => lines.push(line))
  return { child, lines, said: () => once(reader, 'line'), ended: endOf(child) }
}

async function endOf(child: ChildProcess): Promise<unknown[]> {
  return await once(child, 'close')
}

for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
  t.test(`${signal} closes the service, then ends it`, async (t) => {
    const { child, lines, ended } = await startService(t)
    child.kill(signal)
    t.strictSame(await ended, [0, null])
    t.strictSame(lines, ['closing', 'closed'])
  })
}

t.test('a second SIGTERM ends at once', async (t) => {
  const { child, lines, said, ended } = await startService(t)
  child.kill('SIGTERM')
  await said()
  child.kill('SIGTERM')
  t.strictSame(await ended, [1, null])
  t.strictSame(lines, ['closing'])
})

t.test('a terminal that is closed may say so twice', async (t) => {
  for (const first of ['SIGHUP', 'SIGTERM'] as const) {
    const { child, lines, said, ended } = await startService(t)
    child.kill(first)
    await said()
    child.kill('SIGHUP')
    t.strictSame(await ended, [0, null])
    t.strictSame(lines, ['closing', 'closed'])
  }
})

t.test('a crash in native code ends the process', async (t) => {
  const { child, ended } = await startService(t)
  child.kill('SIGSEGV')
  t.strictSame(await ended, [null, 'SIGSEGV'])
})
