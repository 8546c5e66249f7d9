import { chmodSync, mkdirSync, statSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { ConfigError } from '@scheduler-task/service-base/load-config'
import t from 'tap'
import { checkLaunchersCanReach, openDataDirectory } from '../src/data-directory.ts'

t.test('it is made for this user alone, and taken until it is released', async (t) => {
  const dir = join(t.testdir(), 'new', 'data')
  const data = await openDataDirectory(dir)
  t.equal(data.path, dir)
  t.equal(statSync(dir).mode & 0o777, 0o700)
  await t.rejects(openDataDirectory(dir), {
    constructor: ConfigError,
    message: /DATA_DIR: .* is in use by another process/
  })
  data.release()
  const again = await openDataDirectory(dir)
  again.release()
})

t.test('one that others could read is closed to them', async (t) => {
  const dir = t.testdir()
  chmodSync(dir, 0o755)
  const data = await openDataDirectory(dir)
  t.teardown(() => data.release())
  t.equal(statSync(dir).mode & 0o777, 0o700)
})

t.test('what cannot be made or locked is refused with the variable’s name', async (t) => {
  const dir = t.testdir({ file: 'not a directory', locked: {} })
  await t.rejects(openDataDirectory(join(dir, 'file', 'data')), {
    constructor: ConfigError,
    message: /DATA_DIR: .* cannot be made or owned/
  })
  mkdirSync(join(dir, 'locked', 'in-use.lock'))
  await t.rejects(openDataDirectory(join(dir, 'locked')), {
    constructor: ConfigError,
    message: /DATA_DIR: .* cannot be written to/
  })
})

t.test('a path that launchers could not be given is refused, also behind a link', async (t) => {
  const dir = t.testdir()
  symlinkSync(join(dir, 'a b'), join(dir, 'link'))
  for (const name of ['a b', '数据', "it's", 'a@b', 'link']) {
    const data = await openDataDirectory(join(dir, name))
    t.teardown(() => data.release())
    await t.rejects(
      checkLaunchersCanReach(data),
      { constructor: ConfigError, message: /DATA_DIR: .* plain path/ },
      name
    )
    if (name === 'a b') data.release()
  }
  const plain = await openDataDirectory(join(dir, 'Plain-1.2_x'))
  t.teardown(() => plain.release())
  await t.resolves(checkLaunchersCanReach(plain))
})
