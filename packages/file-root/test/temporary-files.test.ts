import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { hasEnded, processMark } from '../src/process-mark.ts'
import { everything, startTree } from './support/tree.ts'

const HOUR_MS = 3_600_000

t.test('what a killed process left is swept, what a live one writes is not', async (t) => {
  const { tree, root } = await startTree(t, true)
  const child = fork(new URL('./support/writes-and-waits.ts', import.meta.url), [root])
  t.teardown(() => child.kill('SIGKILL'))
  await once(child, 'message')
  const mine = await tree.createTemporary()
  const files = async () => (await everything(root)).filter((path) => /\/.*\//.test(path)).length

  t.equal(await tree.sweepTemporary(HOUR_MS), 0)
  t.equal(await files(), 2)
  child.kill('SIGKILL')
  await once(child, 'exit')
  t.equal(await tree.sweepTemporary(HOUR_MS), 1)
  t.equal(await files(), 1)
  await mine.publish(['kept'], { replace: true })
  t.ok((await everything(root)).includes('kept'))
})

t.test('what another host left is swept when nobody has written for long', async (t) => {
  const { tree, root } = await startTree(t, true)
  t.equal(await tree.sweepTemporary(HOUR_MS), 0, 'none made yet')
  const foreign = join(root, '.uploads', 'ffff_1.17.99')
  const unknown = join(root, '.uploads', 'unknown.x')
  for (const directory of [foreign, unknown]) {
    await mkdir(directory, { recursive: true })
    await writeFile(join(directory, 'part'), 'x')
  }
  t.equal(await tree.sweepTemporary(HOUR_MS), 0)
  const past = new Date(Date.now() - 2 * HOUR_MS)
  for (const path of [join(foreign, 'part'), foreign, unknown]) await utimes(path, past, past)
  t.equal(await tree.sweepTemporary(HOUR_MS), 1, 'one file is still young')
  t.strictSame(await everything(join(root, '.uploads')), ['unknown.x', 'unknown.x/part'])
  await t.rejects(tree.sweepTemporary(HOUR_MS, AbortSignal.abort()), { name: 'AbortError' })
})

t.test(
  'a mark tells a live process from one that ended, also when its id is used again',
  async (t) => {
    const mark = processMark()
    t.equal(processMark(), mark)
    t.equal(hasEnded(mark), false)
    t.equal(hasEnded(mark.replace(/\.\d+$/, '.1')), true, 'same id, another start')
    t.equal(hasEnded(mark.replace(/^[^.]+/, 'abcd_1')), undefined, 'another host')
    t.equal(hasEnded('unknown.x'), undefined)
  }
)
