import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import type { Test } from 'tap'
import type { FileStorage, StoredFile } from '../../src/domain/file-storage.ts'

export type ContractOptions = {
  /** An empty storage of the test's own. */
  make(t: Test): Promise<FileStorage>
  /** How many unfinished uploads it holds. */
  unfinished(storage: FileStorage): Promise<number>
}

const NO_LIMIT = { maxBytes: 1_000_000, signal: new AbortController().signal }

/** What every FileStorage must do, whatever it is made of. */
export function storageContract(t: Test, { make, unfinished }: ContractOptions): void {
  async function put(storage: FileStorage, path: string[], content: string, replace = true) {
    const file = await storage.receive(Readable.from([Buffer.from(content)]), NO_LIMIT)
    await file.publish(path, { replace })
  }

  async function read(storage: FileStorage, path: string[]): Promise<string> {
    const file = await storage.open(path)
    return text(file.read({ start: 0, length: file.bytes }))
  }

  t.test('is ready', async (t) => {
    await t.resolves((await make(t)).check())
  })

  t.test('directories are made with their parents, and again', async (t) => {
    const storage = await make(t)
    await storage.makeDirectory(['c', 'test'])
    await storage.makeDirectory(['c', 'test'])
    await storage.makeDirectory(['c'])
    await t.rejects(storage.open(['c', 'test']), { code: 'IS_A_DIRECTORY' })
  })

  t.test('an empty file is made once, and nothing is overwritten', async (t) => {
    const storage = await make(t)
    await storage.createEmpty(['c', 'new', 'a.txt'])
    t.equal(await read(storage, ['c', 'new', 'a.txt']), '')
    await put(storage, ['c', 'new', 'a.txt'], 'kept')
    await t.rejects(storage.createEmpty(['c', 'new', 'a.txt']), { code: 'EXISTS' })
    await t.rejects(storage.createEmpty(['c', 'new']), { code: 'EXISTS' })
    t.equal(await read(storage, ['c', 'new', 'a.txt']), 'kept')
    await t.rejects(storage.createEmpty(['c', 'new', 'a.txt', 'b']), { code: 'NOT_A_DIRECTORY' })
    await t.rejects(storage.makeDirectory(['c', 'new', 'a.txt']), { code: 'NOT_A_DIRECTORY' })
  })

  t.test('of many who make one file at once, one does', async (t) => {
    const storage = await make(t)
    const outcomes = await Promise.allSettled(
      Array.from({ length: 20 }, () => storage.createEmpty(['a']))
    )
    t.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1)
  })

  t.test('what is received has no name until it is published', async (t) => {
    const storage = await make(t)
    const file = await storage.receive(Readable.from([Buffer.from('ab'), Buffer.from('c')]), {
      ...NO_LIMIT
    })
    t.equal(file.bytes, 3)
    await t.rejects(storage.open(['x', 'a.txt']), { code: 'MISSING' })
    await file.publish(['x', 'a.txt'], { replace: true })
    t.equal(await read(storage, ['x', 'a.txt']), 'abc')
    await file.discard()
    t.equal(await read(storage, ['x', 'a.txt']), 'abc')
    t.equal(await unfinished(storage), 0)
  })

  t.test('pieces of every size come out as they went in', async (t) => {
    const storage = await make(t)
    const pieces = [1, 65_536, 3, 262_144, 262_143, 0, 7, 300_000].map((size, index) =>
      Buffer.alloc(size, String(index))
    )
    const file = await storage.receive(Readable.from(pieces), NO_LIMIT)
    await file.publish(['a'], { replace: true })
    t.equal(await read(storage, ['a']), Buffer.concat(pieces).toString())
  })

  t.test('nothing is left of what is discarded', async (t) => {
    const storage = await make(t)
    const file = await storage.receive(Readable.from([Buffer.from('x')]), NO_LIMIT)
    t.equal(await unfinished(storage), 1)
    await file.discard()
    await file.discard()
    t.equal(await unfinished(storage), 0)
  })

  t.test('an upload may have exactly the limit, not a byte more', async (t) => {
    const storage = await make(t)
    const bytes = (size: number) => Readable.from([Buffer.alloc(size - 1), Buffer.alloc(1)])
    const file = await storage.receive(bytes(1000), { ...NO_LIMIT, maxBytes: 1000 })
    await file.discard()
    await t.rejects(storage.receive(bytes(1001), { ...NO_LIMIT, maxBytes: 1000 }), {
      code: 'TOO_LARGE'
    })
    t.equal(await unfinished(storage), 0)
  })

  t.test('too much is said at once, not when the source ends', async (t) => {
    const storage = await make(t)
    const endless = new Readable({
      read() {
        this.push(Buffer.alloc(1000))
      }
    })
    await t.rejects(storage.receive(endless, NO_LIMIT), { code: 'TOO_LARGE' })
    t.ok(endless.destroyed)
  })

  t.test('a source that breaks off leaves nothing', async (t) => {
    const storage = await make(t)
    const broken = Readable.from(
      (async function* () {
        yield Buffer.from('half')
        throw new Error('gone')
      })()
    )
    await t.rejects(storage.receive(broken, NO_LIMIT), { code: 'CUT_OFF' })
    t.equal(await unfinished(storage), 0)
  })

  t.test('an abort ends receiving with its reason, and leaves nothing', async (t) => {
    const storage = await make(t)
    const stop = new AbortController()
    const silent = new Readable({ read() {} })
    silent.push(Buffer.from('half'))
    const receiving = storage.receive(silent, { ...NO_LIMIT, signal: stop.signal })
    stop.abort(new Error('enough'))
    await t.rejects(receiving, { message: 'enough' })
    t.equal(await unfinished(storage), 0)
  })

  t.test('a file is replaced whole, or refused without replace', async (t) => {
    const storage = await make(t)
    await put(storage, ['a.txt'], 'old')
    await put(storage, ['a.txt'], 'new')
    await t.rejects(put(storage, ['a.txt'], 'newer', false), { code: 'EXISTS' })
    t.equal(await read(storage, ['a.txt']), 'new')
    await put(storage, ['b.txt'], 'first', false)
    await storage.makeDirectory(['dir'])
    await t.rejects(put(storage, ['dir'], 'x'), { code: 'IS_A_DIRECTORY' })
    await t.rejects(put(storage, ['dir'], 'x', false), { code: 'EXISTS' })
    await t.rejects(put(storage, ['a.txt', 'x'], 'x'), { code: 'NOT_A_DIRECTORY' })
    t.equal(await unfinished(storage), 0)
  })

  t.test('of many who publish one name without replace, one does, whole', async (t) => {
    const storage = await make(t)
    const outcomes = await Promise.allSettled(
      Array.from({ length: 20 }, (_, index) => put(storage, ['a'], `${index};`.repeat(1000), false))
    )
    const winners = outcomes.flatMap(({ status }, index) => (status === 'fulfilled' ? [index] : []))
    t.equal(winners.length, 1)
    t.equal(await read(storage, ['a']), `${winners[0]};`.repeat(1000))
    t.equal(await unfinished(storage), 0)
  })

  t.test('a reader keeps the file that it opened', async (t) => {
    const storage = await make(t)
    await put(storage, ['a'], 'old bytes')
    const file = await storage.open(['a'])
    await put(storage, ['a'], 'other')
    t.equal(await text(file.read({ start: 0, length: file.bytes })), 'old bytes')
  })

  t.test('parts of a file are read', async (t) => {
    const storage = await make(t)
    await put(storage, ['a'], '0123456789')
    const part = async (start: number, length: number) =>
      text((await storage.open(['a'])).read({ start, length }))
    t.equal(await part(0, 3), '012')
    t.equal(await part(9, 1), '9')
    t.equal(await part(4, 0), '')
    await t.rejects(part(5, 10), /shorter/)
  })

  t.test('the version changes with the content, and only then', async (t) => {
    const storage = await make(t)
    const version = async () => {
      const file: StoredFile = await storage.open(['a'])
      await file.close()
      return file.version
    }
    await put(storage, ['a'], 'x')
    const first = await version()
    t.equal(await version(), first)
    t.match(first, /^[0-9A-Za-z-]+$/)
    await put(storage, ['a'], 'y')
    t.not(await version(), first)
  })

  t.test('what is removed is gone, with what is in it', async (t) => {
    const storage = await make(t)
    await put(storage, ['c', 'test', 'a.txt'], 'x')
    await storage.remove(['c', 'test'])
    await t.rejects(storage.open(['c', 'test', 'a.txt']), { code: 'MISSING' })
    await t.rejects(storage.remove(['c', 'test']), { code: 'MISSING' })
    await put(storage, ['c', 'test'], 'a file now')
    await storage.remove(['c', 'test'])
    await t.rejects(storage.remove(['c', 'test', 'x']), { code: 'MISSING' })
    await storage.makeDirectory(['c', 'test'])
  })

  t.test('cleaning up an orderly storage changes nothing, and can be stopped', async (t) => {
    const storage = await make(t)
    await put(storage, ['a'], 'x')
    t.strictSame(await storage.cleanUp(NO_LIMIT.signal), {
      trashRemoved: 0,
      uploadsRemoved: 0,
      failures: []
    })
    t.equal(await read(storage, ['a']), 'x')
  })
}
