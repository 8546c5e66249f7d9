import { join } from 'node:path'
import t from 'tap'
import { startRefused, startServer } from '../src/server-process.ts'

const folder = join(import.meta.dirname, 'fixtures/service')

t.test('a service is reached, and its end is told', async (t) => {
  const variables = { GREETING: 'hello' }
  const { url, output, errors, end } = await startServer(t, { folder, variables })
  t.equal(await (await fetch(url)).text(), 'hello')
  t.equal(errors(), 'standard error\n')
  t.match(output(), /standard error\n[\s\S]*Server listening/)
  t.strictSame(await end('SIGTERM'), { code: 3, signal: null })
})

t.test('one that ends before it listens says why', async (t) => {
  const options = { folder, variables: { REFUSES: '1' }, limits: '-f 1024' }
  await t.rejects(startServer(t, options), /it ended before it listened:\nstandard error/)
  t.match(await startRefused(t, options), { code: 78, output: 'standard error\n' })
})

t.test('it is killed at the end of its test', async (t) => {
  const ends: (() => Promise<void>)[] = []
  const owner = { teardown: (end: () => Promise<void>) => void ends.push(end) }
  const { child } = await startServer(owner, { folder, variables: {} })
  for (const end of ends) await end()
  t.equal(child.signalCode, 'SIGKILL')
})
