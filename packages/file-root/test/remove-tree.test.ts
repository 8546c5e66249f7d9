import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { removeTree } from '../src/remove-tree.ts'
import { openHandles, startTree } from './support/tree.ts'

/** Longer, as one path, than the 4096 bytes that Linux takes. */
const DEEP = Array.from({ length: 99 }, (_, level) => `${level}-${'x'.repeat(60)}`)

t.test('the trash gives back what lies deeper than a path can say', async (t) => {
  const { tree, root } = await startTree(t, true)
  await tree.writeFile([...DEEP, 'a.txt'], 'a')
  await tree.writeFile([DEEP[0] ?? '', 'beside.txt'], 'b')
  await tree.purgeTrash(await tree.moveToTrash(DEEP.slice(0, 1)))
  t.strictSame(await readdir(join(root, '.trash')), [])

  await tree.makeDirectory(DEEP)
  await tree.moveToTrash(DEEP.slice(0, 1))
  t.strictSame(await tree.sweepTrash(0), { removed: 1, failures: [] })
  t.strictSame(await readdir(join(root, '.trash')), [])
  t.equal(await openHandles(root), 0)
})

t.test('links are deleted, not what they point to', async (t) => {
  const { tree, root, outside } = await startTree(t, true)
  await tree.makeDirectory(['gone', ...DEEP])
  await symlink(outside, join(root, 'gone', 'link'))
  await mkdir(join(root, 'gone', '0-dir'))
  await writeFile(join(root, 'gone', '0-dir', 'a'), 'a')
  await removeTree(join(root, 'gone'))
  t.strictSame(await readdir(root), [])
  t.strictSame(await readdir(outside), ['inner', 'secret.txt'])
})

t.test('what is missing needs no deleting', async (t) => {
  await t.resolves(removeTree(join(t.testdir(), 'nothing')))
})
