import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { claim, directoriesFor } from '../../engines/directories.ts'
import { down } from '../../engines/engines.ts'

for (const bad of ['/tmp/with blank', '/tmp/a:b', "/tmp/quote'", '/tmp/$(id)', '/tmp/目录']) {
  t.test(`refused as a place for the engines: ${bad}`, async (t) => {
    t.throws(() => directoriesFor({ ENGINES_DIR: bad }), { message: /Set ENGINES_DIR/ })
  })
}

t.test('a directory with other things in it is never taken', async (t) => {
  const root = t.testdir({ conf: { precious: '' } })
  await t.rejects(claim(root), { message: /holds other things/ })
  t.equal(await down({ ENGINES_DIR: root }, true), false)
  t.strictSame(readdirSync(join(root, 'conf')), ['precious'])
})

t.test('an empty directory is taken, and purged whole', async (t) => {
  const root = join(t.testdir(), 'engines')
  await claim(root)
  await claim(root)
  t.equal(await down({ ENGINES_DIR: root }, true), false)
  t.throws(() => readdirSync(root), { code: 'ENOENT' })
})
