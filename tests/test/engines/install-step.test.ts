import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { installOnce, removePartial } from '../../engines/install-step.ts'

t.test('a directory appears whole, and only once', async (t) => {
  const root = t.testdir()
  const directory = join(root, 'part')
  const fill = async (to: string) => {
    t.notOk(existsSync(directory), 'not there while it is being filled')
    writeFileSync(join(to, 'file'), '')
  }
  t.equal(await installOnce(directory, fill), true)
  t.equal(await installOnce(directory, fill), false)
  t.strictSame(readdirSync(root), ['part'])
  t.strictSame(readdirSync(directory), ['file'])
})

t.test('a failure leaves nothing behind', async (t) => {
  const root = t.testdir()
  const attempt = installOnce(join(root, 'part'), async (to) => {
    writeFileSync(join(to, 'half'), '')
    throw new Error('network away')
  })
  await t.rejects(attempt, { message: 'network away' })
  t.strictSame(readdirSync(root), [])
})

t.test('what a killed attempt left behind is not taken for the real thing', async (t) => {
  const root = t.testdir()
  mkdirSync(join(root, 'part.partial-abc'))
  writeFileSync(join(root, 'part.partial-abc', 'half'), '')
  await removePartial(root)
  await installOnce(join(root, 'part'), async (to) => writeFileSync(join(to, 'file'), ''))
  t.strictSame(readdirSync(root), ['part'])
  t.strictSame(readdirSync(join(root, 'part')), ['file'])
})
