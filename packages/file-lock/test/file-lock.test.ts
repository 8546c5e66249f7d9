import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { FileInUse, takeFileLock } from '../src/file-lock.ts'

const HOLDER = join(import.meta.dirname, 'fixtures/holds-the-lock.ts')

t.test('one at a time, also within a process, until it is released', async (t) => {
  const path = join(t.testdir(), 'locked')
  const lock = takeFileLock(path)
  t.equal(statSync(`${path}.lock`).mode & 0o777, 0o600)
  t.throws(() => takeFileLock(path), FileInUse)
  t.doesNotThrow(() => takeFileLock(`${path}-2`).release(), 'another name is another lock')
  lock.release()
  t.doesNotThrow(() => lock.release(), 'a second time')
  takeFileLock(path).release()
})

t.test('a process that is killed lets go', async (t) => {
  const path = join(t.testdir(), 'taken')
  const holder = spawn(
    process.execPath,
    ['--import', 'tsx', '--conditions=@scheduler-task/source', HOLDER, path],
    { stdio: ['ignore', 'pipe', 'inherit'] }
  )
  t.teardown(() => holder.kill('SIGKILL'))
  await once(holder.stdout, 'data')
  t.throws(() => takeFileLock(path), { constructor: FileInUse, message: path })
  const ended = once(holder, 'exit')
  holder.kill('SIGKILL')
  await ended
  takeFileLock(path).release()
})

t.test('what the disk has against it is no lock of somebody', async (t) => {
  const path = join(t.testdir(), 'busy-locked')
  mkdirSync(`${path}.lock`)
  t.throws(() => takeFileLock(path), { code: 'EISDIR' })
  t.throws(() => takeFileLock(join(path, 'missing', 'x')), { code: 'ENOENT' })
})
