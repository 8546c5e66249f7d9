import { mkdir, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { createDiskStorage } from '../../src/adapters/disk-storage.ts'
import { prepareRoot } from '../../src/adapters/prepare-root.ts'
import type { FileStorage } from '../../src/domain/file-storage.ts'
import { unfinished } from '../support/file-service.ts'
import { storageContract } from '../support/storage-contract.ts'

const DAY_MS = 86_400_000
const roots = new WeakMap<FileStorage, string>()
const never = new AbortController().signal

async function make(t: Test, trashMs = DAY_MS): Promise<FileStorage> {
  const root = t.testdir()
  const storage = createDiskStorage({ root, trashMs, staleUploadMs: DAY_MS })
  roots.set(storage, root)
  return storage
}

t.test('a disk keeps the contract', async (t) => {
  storageContract(t, {
    make,
    unfinished: async (storage) => (await unfinished(roots.get(storage) ?? '')).length
  })
})

t.test('deleted things lie in .trash until their time is over', async (t) => {
  const storage = await make(t)
  const root = roots.get(storage) ?? ''
  await storage.createEmpty(['c', 'a.txt'])
  await storage.remove(['c'])
  const [entry = ''] = await readdir(join(root, '.trash'))
  t.ok((await stat(join(root, '.trash', entry, 'c/a.txt'))).isFile())
  t.match(await storage.cleanUp(never), { trashRemoved: 0 })
  await mkdir(join(root, '.trash', `${Date.now() - 2 * DAY_MS}-0a`))
  t.match(await storage.cleanUp(never), { trashRemoved: 1, failures: [] })
  t.strictSame(await readdir(join(root, '.trash')), [entry])
})

t.test('with no days for the trash, deleted things are gone at once', async (t) => {
  const storage = await make(t, 0)
  const root = roots.get(storage) ?? ''
  await storage.createEmpty(['c', 'a.txt'])
  await storage.remove(['c'])
  t.strictSame(await readdir(join(root, '.trash')), [])
  await mkdir(join(root, '.trash', `${Date.now() - 1000}-0a`))
  t.match(await storage.cleanUp(never), { trashRemoved: 0 }, 'may be on its way just now')
  await mkdir(join(root, '.trash', `${Date.now() - 3_600_000}-0a`))
  t.match(await storage.cleanUp(never), { trashRemoved: 1 }, 'left by a crash')
})

t.test('unfinished uploads of another host are given up when they are old', async (t) => {
  const storage = await make(t)
  const owner = join(roots.get(storage) ?? '', '.uploads', 'unknown.x')
  await mkdir(owner, { recursive: true })
  await writeFile(join(owner, 'part'), 'x')
  t.match(await storage.cleanUp(never), { uploadsRemoved: 0 })
  const past = new Date(Date.now() - 2 * DAY_MS)
  for (const path of [join(owner, 'part'), owner]) await utimes(path, past, past)
  t.match(await storage.cleanUp(never), { uploadsRemoved: 1 })
})

t.test('a root that is gone is not ready', async (t) => {
  const storage = await make(t)
  await rm(roots.get(storage) ?? '', { recursive: true })
  await t.rejects(storage.check())
})

t.test('a missing root is made for its owner and group, not its parents', async (t) => {
  const base = t.testdir({ file: '' })
  await prepareRoot(join(base, 'new'))
  t.equal((await stat(join(base, 'new'))).mode & 0o777, 0o750)
  await prepareRoot(join(base, 'new'))
  const cases = [
    [join(base, 'no/where'), /FILE_ROOT: cannot be made: the directory above it is missing/],
    [join(base, 'file'), /FILE_ROOT: is not a directory/],
    [join(base, 'file/x'), /FILE_ROOT: cannot be made: what is above it is not a directory/]
  ] as const
  for (const [root, says] of cases) {
    await t.rejects(prepareRoot(root), { name: 'ConfigError', message: says })
  }
})
