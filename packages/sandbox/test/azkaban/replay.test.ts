import t from 'tap'
import { differences } from './replay/compare.ts'
import { type Folder, folders, recordingNames } from './replay/recording.ts'
import { replay } from './replay/replay-one.ts'
import { leftOut } from './replay/situations.ts'

const atOnce = 6

for (const folder of folders) {
  t.test(`${folder}: the recorded requests get the recorded answers`, async (t) => {
    const all = recordingNames(folder)
    const names = all.filter((name) => leftOut[`${folder}/${name}`] === undefined)
    const found = await replayAll(folder, names)
    for (const { name, differing } of found) t.same(differing, [], name)
    const same = found.filter((one) => one.differing.length === 0)
    t.comment(`${folder}: replayed as recorded: ${same.length} of ${all.length}`)
    t.ok(same.length / all.length >= 0.9, 'at least 90 %')
  })
}

t.test('what is left out has a reason, and exists', async (t) => {
  const known = folders.flatMap((folder) => recordingNames(folder).map((one) => `${folder}/${one}`))
  for (const [name, reason] of Object.entries(leftOut)) {
    t.ok(known.includes(name), name)
    t.comment(`left out: ${name}: ${reason}`)
  }
})

async function replayAll(folder: Folder, names: readonly string[]) {
  const waiting = [...names]
  const found: Array<{ name: string; differing: string[] }> = []
  const work = async () => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
      const { recording, actual } = await replay(folder, name)
      found.push({ name, differing: differences(recording.answer, actual) })
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  return found
}
