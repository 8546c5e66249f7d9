import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { watchDirectory } from '../../src/adapters/directory-watch.ts'

const LONG_MS = 60_000

t.test('a change ends the wait, one from before too', async (t) => {
  const directory = t.testdir({})
  const controller = new AbortController()
  const watch = watchDirectory(directory, controller.signal)
  t.teardown(watch.close)
  const waiting = watch.within(LONG_MS)
  await writeFile(join(directory, 'stdout'), 'Submitted application')
  await waiting
  await writeFile(join(directory, 'stdout'), 'more')
  await watch.within(LONG_MS)
})

t.test('without a change it is the time that ends it', async (t) => {
  const watch = watchDirectory(t.testdir({}), new AbortController().signal)
  t.teardown(watch.close)
  const began = performance.now()
  await watch.within(50)
  t.ok(performance.now() - began >= 49)
})

t.test('a directory that is not there, or goes, is waited for by time', async (t) => {
  const directory = t.testdir({ gone: {} })
  const signal = new AbortController().signal
  for (const name of ['never', 'gone']) {
    const watch = watchDirectory(join(directory, name), signal)
    await rm(join(directory, name), { recursive: true, force: true })
    await watch.within(20)
    await watch.within(20)
    watch.close()
    await watch.within(1)
  }
})

t.test('the signal ends the wait and the watching', async (t) => {
  const controller = new AbortController()
  const watch = watchDirectory(t.testdir({}), controller.signal)
  const waiting = watch.within(LONG_MS)
  controller.abort()
  await waiting
  await watch.within(LONG_MS)
})
