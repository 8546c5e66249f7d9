import t from 'tap'
import { createReleases } from '../src/releases.ts'

t.test('the last that was started ends first; a failure keeps nothing from ending', async (t) => {
  const ended: string[] = []
  const releases = createReleases()
  releases.add(() => ended.push('first'))
  releases.add(async () => {
    throw new Error('the second')
  })
  releases.add(() => {
    throw new Error('the third')
  })
  releases.add(async () => ended.push('fourth'))
  await t.rejects(releases.run(), { message: 'the third' })
  t.strictSame(ended, ['fourth', 'first'])
  await t.resolves(releases.run(), 'nothing is ended twice')
  t.equal(ended.length, 2)
})
