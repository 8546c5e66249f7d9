import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { toTreeError } from '../src/tree-errors.ts'
import { everything, openHandles, startTree } from './support/tree.ts'

for (const byHandle of [true, false]) {
  const how = byHandle ? 'by handle' : 'by real path'

  t.test(`${how}: directories and empty files are made with their parents`, async (t) => {
    const { tree, root } = await startTree(t, byHandle)
    await tree.makeDirectory(['c', 'test'])
    await tree.makeDirectory(['c', 'test'])
    await tree.createFile(['c', 'new', 'a.txt'])
    t.strictSame(await everything(root), ['c', 'c/new', 'c/new/a.txt', 'c/test'])
    t.equal((await stat(join(root, 'c/new/a.txt'))).size, 0)
    t.equal((await stat(join(root, 'c'))).mode & 0o007, 0, 'nothing for others')
    await tree.makeDirectory([])
  })

  t.test(`${how}: what exists is never touched by create`, async (t) => {
    const { tree, root } = await startTree(t, byHandle)
    await tree.writeFile(['a.txt'], 'kept')
    await mkdir(join(root, 'dir'))
    await t.rejects(tree.createFile(['a.txt']), { code: 'EXISTS' })
    await t.rejects(tree.createFile(['dir']), { code: 'EXISTS' })
    t.equal(await readFile(join(root, 'a.txt'), 'utf8'), 'kept')
    await t.rejects(tree.makeDirectory(['a.txt']), { code: 'NOT_A_DIRECTORY' })
    await t.rejects(tree.makeDirectory(['a.txt', 'b']), { code: 'NOT_A_DIRECTORY' })
    await t.rejects(tree.createFile(['a.txt', 'b']), { code: 'NOT_A_DIRECTORY' })
  })

  t.test(`${how}: a file is read whole, up to a limit`, async (t) => {
    const { tree } = await startTree(t, byHandle)
    await tree.writeFile(['a.conf'], 'x'.repeat(200_000))
    t.equal((await tree.readFile(['a.conf'], { maxBytes: 200_000 })).length, 200_000)
    await t.rejects(tree.readFile(['a.conf'], { maxBytes: 199_999 }), { code: 'TOO_LARGE' })
    await t.rejects(tree.readFile(['b.conf'], { maxBytes: 10 }), { code: 'MISSING' })
  })

  t.test(`${how}: only regular files are read, and a FIFO does not block`, async (t) => {
    const { tree, root } = await startTree(t, byHandle)
    execFileSync('mkfifo', [join(root, 'fifo')])
    const server = createServer()
    const short = await mkdtemp(join(tmpdir(), 's-')) // paths of sockets have at most 107 bytes
    await new Promise<void>((resolve) => server.listen(join(short, 's'), resolve))
    t.teardown(async () => {
      server.close()
      await rm(short, { recursive: true })
    })
    await rename(join(short, 's'), join(root, 'socket'))
    await symlink('/dev/zero', join(root, 'zero'))
    await mkdir(join(root, 'dir'))
    await t.rejects(tree.readFile(['fifo'], { maxBytes: 10 }), { code: 'NOT_A_FILE' })
    await t.rejects(tree.readFile(['socket'], { maxBytes: 10 }), { code: 'NOT_A_FILE' })
    await t.rejects(tree.readFile(['dir'], { maxBytes: 10 }), { code: 'IS_A_DIRECTORY' })
    await t.rejects(tree.readFile([], { maxBytes: 10 }), { code: 'IS_A_DIRECTORY' })
    await t.rejects(tree.readFile(['zero'], { maxBytes: 10 }), { code: 'LEADS_OUT' })
    for (const name of ['..', '.', '', '/etc/passwd', 'dir/../..', 'a\0']) {
      await t.rejects(
        tree.readFile([name], { maxBytes: 10 }),
        { code: 'MISSING' },
        JSON.stringify(name)
      )
      await t.rejects(tree.makeDirectory([name, 'x']), { code: 'MISSING' }, JSON.stringify(name))
    }
  })

  t.test(`${how}: links that stay below the root are followed`, async (t) => {
    const { tree, root } = await startTree(t, byHandle)
    await tree.writeFile(['real', 'deep', 'a.txt'], 'here')
    await symlink('real', join(root, 'relative'))
    await symlink(join(root, 'real/deep'), join(root, 'absolute'))
    await symlink('../deep/../deep/a.txt', join(root, 'real/deep/file'))
    await symlink('.', join(root, 'self'))
    await symlink('..', join(root, 'real/up'))
    for (const path of [
      ['relative', 'deep', 'a.txt'],
      ['absolute', 'a.txt'],
      ['absolute', 'file'],
      ['self', 'self', 'relative', 'deep', 'file'],
      ['real', 'up', 'absolute', 'file']
    ]) {
      t.equal((await tree.readFile(path, { maxBytes: 10 })).toString(), 'here', path.join('/'))
    }
    await tree.createFile(['relative', 'deep', 'b.txt'])
    t.ok((await stat(join(root, 'real/deep/b.txt'))).isFile())
  })

  t.test(`${how}: no operation passes a link that leads out`, async (t) => {
    const { tree, root, outside } = await startTree(t, byHandle)
    const before = await everything(outside)
    await mkdir(join(root, 'dir'))
    await symlink(outside, join(root, 'out'))
    await symlink('../outside', join(root, 'relative'))
    await symlink('..', join(root, 'dir/one'))
    await symlink('../..', join(root, 'dir/two'))
    await symlink(join(outside, 'secret.txt'), join(root, 'file'))
    await symlink(`${root}/../outside`, join(root, 'prefix'))
    await symlink(`${root}-other`, join(root, 'sibling'))
    await symlink('out', join(root, 'chain'))
    await symlink('/', join(root, 'top'))
    const paths = [
      ['out', 'secret.txt'],
      ['relative', 'secret.txt'],
      ['dir', 'one', 'out', 'secret.txt'],
      ['dir', 'two', 'outside', 'secret.txt'],
      ['file'],
      ['prefix', 'secret.txt'],
      ['sibling'],
      ['chain', 'secret.txt'],
      ['chain'],
      ['top', 'etc', 'passwd']
    ]
    for (const path of paths) {
      const name = path.join('/')
      const refused = { code: 'LEADS_OUT' }
      await t.rejects(tree.readFile(path, { maxBytes: 10 }), refused, `read ${name}`)
      await t.rejects(tree.stat(path), refused, `stat ${name}`)
      await t.rejects(tree.createFile(path), refused, `create ${name}`)
      await t.rejects(tree.makeDirectory(path), refused, `mkdir ${name}`)
      await t.rejects(tree.moveToTrash(path), refused, `delete ${name}`)
      await t.rejects(tree.writeFile(path, 'x'), refused, `write ${name}`)
      await t.rejects(tree.createFile([...path, 'new']), refused, `create below ${name}`)
    }
    t.strictSame(await everything(outside), before)
    t.equal(await readFile(join(outside, 'secret.txt'), 'utf8'), 'secret')
  })

  t.test(`${how}: links in circles and into the service's own directories`, async (t) => {
    const { tree, root } = await startTree(t, byHandle)
    await tree.writeFile(['gone.txt'], 'gone')
    const entry = await tree.moveToTrash(['gone.txt'])
    await symlink('b', join(root, 'a'))
    await symlink('a', join(root, 'b'))
    await symlink('.trash', join(root, 'rubbish'))
    await symlink(`${root}/.trash/${entry}/gone.txt`, join(root, 'ghost'))
    await t.rejects(tree.readFile(['a'], { maxBytes: 10 }), { code: 'LINK_LOOP' })
    await t.rejects(tree.makeDirectory(['a', 'x']), { code: 'LINK_LOOP' })
    await t.rejects(tree.readFile(['ghost'], { maxBytes: 10 }), { code: 'MISSING' })
    await t.rejects(tree.readFile(['rubbish', entry, 'gone.txt'], { maxBytes: 10 }), {
      code: 'MISSING'
    })
    await t.rejects(tree.readFile(['.trash', entry, 'gone.txt'], { maxBytes: 10 }), {
      code: 'MISSING'
    })
    await t.rejects(tree.createFile(['.TRASH', 'x']), { code: 'MISSING' })
    await t.rejects(tree.makeDirectory(['.uploads']), { code: 'MISSING' })
    await t.rejects(tree.moveToTrash(['.trash']), { code: 'MISSING' })
  })

  t.test(`${how}: another name for the trash does not open it`, async (t) => {
    const { tree, root } = await startTree(t, byHandle)
    await tree.writeFile(['gone.txt'], 'gone')
    await tree.moveToTrash(['gone.txt'])
    // What a disk does that folds names in a way this program does not know.
    await rename(join(root, '.trash'), join(root, 'known-by-another-name'))
    await symlink('known-by-another-name', join(root, '.trash'))
    await t.rejects(tree.makeDirectory(['known-by-another-name', 'x']), { code: 'MISSING' })
  })

  t.test(`${how}: deleting moves things away with what is in them`, async (t) => {
    const { tree, root } = await startTree(t, byHandle)
    await tree.writeFile(['c', 'test', 'a.txt'], 'a')
    await symlink('test', join(root, 'c/link'))
    const entry = await tree.moveToTrash(['c', 'test'])
    t.strictSame(await everything(join(root, 'c')), ['link'])
    t.equal(await readFile(join(root, '.trash', entry, 'c/test/a.txt'), 'utf8'), 'a')
    await tree.moveToTrash(['c', 'link'])
    await t.rejects(tree.moveToTrash(['c', 'test']), { code: 'MISSING' })
    await t.rejects(tree.moveToTrash(['nowhere', 'x']), { code: 'MISSING' })
    t.equal((await everything(join(root, '.trash'))).length, 4 + 3, 'no entry for what failed')
    await tree.purgeTrash(entry)
    await t.rejects(stat(join(root, '.trash', entry)), { code: 'ENOENT' })
  })

  t.test(`${how}: the root is never deleted`, async (t) => {
    const { tree, root } = await startTree(t, byHandle)
    await t.rejects(tree.moveToTrash([]))
    t.ok((await stat(root)).isDirectory())
  })

  t.test(`${how}: the trash is emptied by age, and only of its own entries`, async (t) => {
    const { tree, root } = await startTree(t, byHandle)
    t.strictSame(await tree.sweepTrash(0), { removed: 0, failures: [] }, 'none made yet')
    await tree.createFile(['a'])
    await tree.moveToTrash(['a'])
    const old = join(root, '.trash', `${Date.now() - 10_000}-00ff`)
    await mkdir(join(old, 'deep'), { recursive: true })
    await mkdir(join(root, '.trash', 'by-hand'))
    t.strictSame(await tree.sweepTrash(5000), { removed: 1, failures: [] })
    t.equal((await everything(join(root, '.trash'))).includes('by-hand'), true)
    t.strictSame(await tree.sweepTrash(0), { removed: 1, failures: [] })
    await t.rejects(tree.sweepTrash(0, AbortSignal.abort()), { name: 'AbortError' })
  })

  t.test(`${how}: a temporary file becomes a file in one step, or nothing`, async (t) => {
    const { tree, root } = await startTree(t, byHandle)
    const file = await tree.createTemporary()
    await file.handle.writeFile('new')
    t.strictSame(
      (await everything(root)).filter((path) => !path.startsWith('.uploads')),
      []
    )
    await file.publish(['c', 'a.txt'], { replace: true })
    await file.discard()
    t.equal(await readFile(join(root, 'c/a.txt'), 'utf8'), 'new')

    const second = await tree.createTemporary()
    await second.handle.writeFile('newer')
    await t.rejects(second.publish(['c', 'a.txt'], { replace: false }), { code: 'EXISTS' })
    t.equal(await readFile(join(root, 'c/a.txt'), 'utf8'), 'new')

    const third = await tree.createTemporary()
    await third.publish(['c', 'b.txt'], { replace: false })
    const fourth = await tree.createTemporary()
    await t.rejects(fourth.publish(['c'], { replace: true }), { code: 'IS_A_DIRECTORY' })
    const fifth = await tree.createTemporary()
    await fifth.discard()
    await fifth.discard()
    const left = (await everything(root)).filter((path) => /^\.uploads\/.*\//.test(path))
    t.strictSame(left, [], 'nothing temporary is left')
  })

  t.test(`${how}: a link to a file is replaced itself, a FIFO is not replaced`, async (t) => {
    const { tree, root } = await startTree(t, byHandle)
    await tree.writeFile(['v1.conf'], 'one')
    await symlink('v1.conf', join(root, 'current.conf'))
    await tree.writeFile(['current.conf'], 'two')
    t.equal(await readFile(join(root, 'v1.conf'), 'utf8'), 'one')
    t.equal(await readFile(join(root, 'current.conf'), 'utf8'), 'two')
    execFileSync('mkfifo', [join(root, 'fifo')])
    await t.rejects(tree.writeFile(['fifo'], 'x'), { code: 'NOT_A_FILE' })
  })

  t.test(`${how}: no handle stays open, whatever went wrong`, async (t) => {
    const { tree, root, outside } = await startTree(t, byHandle)
    await symlink(outside, join(root, 'out'))
    await tree.writeFile(['a', 'b.txt'], 'x')
    for (let round = 0; round < 5; round++) {
      await tree.createFile(['a', `${round}.txt`])
      await t.rejects(tree.createFile(['a', 'b.txt']))
      await tree.readFile(['a', 'b.txt'], { maxBytes: 10 })
      await t.rejects(tree.readFile(['a', 'b.txt'], { maxBytes: 0 }))
      await t.rejects(tree.readFile(['out', 'secret.txt'], { maxBytes: 10 }))
      await t.rejects(tree.writeFile(['a'], 'x'))
      await t.rejects(tree.makeDirectory(['a', 'b.txt', 'c']))
      await t.rejects(tree.moveToTrash(['no', 'where']))
    }
    t.equal(await openHandles(root), 0)
  })

  t.test(`${how}: a root that is gone is said to be`, async (t) => {
    const { tree, root } = await startTree(t, byHandle)
    await rm(root, { recursive: true })
    await t.rejects(tree.readFile(['a'], { maxBytes: 10 }), { code: 'ROOT_UNAVAILABLE' })
    await t.rejects(tree.createFile(['a']), { code: 'ROOT_UNAVAILABLE' })
  })
}

t.test('a directory swapped for a link between check and use leads nowhere', async (t) => {
  const { tree, root, outside } = await startTree(t, true)
  await mkdir(join(root, 'swap'))
  await writeFile(join(root, 'swap/secret.txt'), 'inside')
  await symlink(outside, join(root, 'link'))
  const before = await everything(outside)
  let swapping = true
  const swapper = (async () => {
    while (swapping) {
      await rename(join(root, 'swap'), join(root, 'aside'))
      while (!(await placed(join(root, 'link'), join(root, 'swap')))) {
        await rm(join(root, 'swap'), { recursive: true })
      }
      await rename(join(root, 'swap'), join(root, 'link'))
      await rename(join(root, 'aside'), join(root, 'swap'))
    }
  })()
  const outcomes = new Set<string>()
  for (let round = 0; round < 150; round++) {
    const text = await tree.readFile(['swap', 'secret.txt'], { maxBytes: 100 }).then(
      (bytes) => bytes.toString(),
      (error: { code: string }) => error.code
    )
    outcomes.add(text)
    await tree.createFile(['swap', `new-${round}`]).catch(() => undefined)
    await tree.writeFile(['swap', 'inner'], 'x').catch(() => undefined)
  }
  swapping = false
  await swapper
  t.notOk(outcomes.has('secret'), [...outcomes].join())
  t.ok(outcomes.has('inside'))
  t.strictSame(await everything(outside), before, 'nothing was made outside')
})

/** Moves a link; false when the tree has just made a directory where it should go. */
async function placed(from: string, to: string): Promise<boolean> {
  return rename(from, to).then(
    () => true,
    () => false
  )
}

t.test('what the system says becomes a reason, what is unknown stays as it is', async (t) => {
  const failed = (code: string) => Object.assign(new Error(code), { code })
  for (const [errno, code] of [
    ['EACCES', 'DENIED'],
    ['EROFS', 'DENIED'],
    ['ENOSPC', 'DISK_FULL'],
    ['EDQUOT', 'DISK_FULL'],
    ['EXDEV', 'OTHER_DISK'],
    ['ENAMETOOLONG', 'NAME_TOO_LONG']
  ] as const) {
    t.match(toTreeError(failed(errno)), { name: 'FileTreeError', code, cause: { code: errno } })
  }
  const unknown = failed('EIO')
  t.equal(toTreeError(unknown), unknown)
})
