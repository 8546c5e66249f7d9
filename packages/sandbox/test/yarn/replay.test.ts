import t from 'tap'
import { differences } from './replay/compare.ts'
import { recordingNames } from './replay/recording.ts'
import { replay } from './replay/replay-one.ts'
import { leftOut, situations } from './replay/situations.ts'

t.test('the recorded requests get the recorded answers', async (t) => {
  const same: string[] = []
  const names = Object.keys(situations)
  for (const name of names) {
    const { recording, actual } = await replay(name)
    const found = differences(recording.answer, actual)
    if (t.same(found, [], name)) same.push(name)
  }
  t.comment(`replayed as recorded: ${same.length} of ${names.length}`)
  t.equal(same.length, names.length)
})

t.test('every recording is either replayed or left out for a reason', async (t) => {
  const known = [...Object.keys(situations), ...Object.keys(leftOut)]
  t.same(recordingNames().toSorted(), known.toSorted())
  for (const [name, reason] of Object.entries(leftOut)) t.comment(`left out: ${name}: ${reason}`)
})
