import { mkdir, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { lastingDirectory } from '@scheduler-task/test-support/lasting-directory'
import { until } from '@scheduler-task/test-support/until'
import t from 'tap'
import { call, FORM_TYPE, filePart, formBytes, upload } from './support/calls.ts'
import { unfinished, visible } from './support/file-service.ts'
import { openRaw } from './support/raw-connection.ts'
import { startProcess, startRefused } from './support/service-process.ts'

const UPLOAD_HEAD = `POST /file/upload?fileName=a HTTP/1.1\r\nHost: localhost\r\nContent-Type: ${FORM_TYPE}\r\nContent-Length: 9000000\r\n\r\n`
const HALF = formBytes([filePart('x'.repeat(1_000_000))], 'open')

t.test('a wrong configuration is refused with the variable’s name, exit code 2', async (t) => {
  const missing = await startRefused(t, { MAX_UPLOAD_BYTES: '4G' })
  t.equal(missing.code, 2)
  t.match(missing.output, /FILE_ROOT: missing/)
  t.match(missing.output, /MAX_UPLOAD_BYTES: must be a whole number/)
  const FILE_ROOT = join(lastingDirectory(t), 'no/where')
  t.match(await startRefused(t, { FILE_ROOT }), { code: 2, output: /FILE_ROOT: cannot be made/ })
})

t.test('it makes its root, says that it is ready, and when it no longer is', async (t) => {
  const FILE_ROOT = join(lastingDirectory(t), 'files')
  const service = await startProcess(t, { FILE_ROOT })
  t.equal((await stat(FILE_ROOT)).mode & 0o777, 0o750)
  const ready = async () => (await fetch(`${service.url}/ready`)).status
  t.equal(await ready(), 200)
  await rename(FILE_ROOT, `${FILE_ROOT}-away`)
  t.equal(await ready(), 503)
  t.match(await call(`${service.url}/file/mkdir?dirName=x`), {
    status: 200,
    body: { statusCode: 160 },
    error: { code: 'FILE_SERVICE_ROOT_UNAVAILABLE' }
  })
  t.equal((await call(`${service.url}/file/download?srcfile=x`)).status, 503)
  await rename(`${FILE_ROOT}-away`, FILE_ROOT)
  t.equal(await ready(), 200)
  const { paths } = JSON.parse(await (await fetch(`${service.url}/openapi.json`)).text())
  const ours = Object.keys(paths).filter((path) => path.startsWith('/file/'))
  t.strictSame(ours.sort(), [
    '/file/create',
    '/file/del',
    '/file/download',
    '/file/mkdir',
    '/file/upload'
  ])
  t.match(await service.end('SIGTERM'), { code: 0 })
})

t.test('what SIGKILL leaves of an upload is gone after the next start', async (t) => {
  const FILE_ROOT = lastingDirectory(t)
  const first = await startProcess(t, { FILE_ROOT })
  const connection = await openRaw(t, first.port)
  connection.send(UPLOAD_HEAD)
  connection.send(HALF)
  await until('the upload began', async () => (await unfinished(FILE_ROOT)).length === 1)
  await first.end('SIGKILL')
  t.equal((await unfinished(FILE_ROOT)).length, 1)
  const second = await startProcess(t, { FILE_ROOT })
  await until('it is swept', async () => (await unfinished(FILE_ROOT)).length === 0)
  t.strictSame(await visible(FILE_ROOT), [])
  t.strictSame(await readdir(join(FILE_ROOT, '.uploads')), [])
  t.match((await upload(second.url, { fileName: 'a' }, [filePart('x')])).body.statusCode, 200)
})

t.test('a neighbour on the same root does not sweep what is under way', async (t) => {
  const FILE_ROOT = lastingDirectory(t)
  const variables = { FILE_ROOT, CLEANUP_INTERVAL_MS: '100' }
  const first = await startProcess(t, variables)
  const body = formBytes([filePart('x'.repeat(1_000_000))])
  const connection = await openRaw(t, first.port)
  connection.send(UPLOAD_HEAD.replace('9000000', `${body.length}`))
  connection.send(body.subarray(0, 500_000))
  await until('the upload began', async () => (await unfinished(FILE_ROOT)).length === 1)
  const old = join(FILE_ROOT, '.trash', '1000-aa')
  await mkdir(old, { recursive: true })
  await startProcess(t, variables)
  const isThere = (path: string) => stat(path).then(Boolean, () => false)
  await until('the neighbour has cleaned up', async () => !(await isThere(old)))
  connection.send(body.subarray(500_000))
  t.equal((await connection.answer()).status, 200)
  t.equal((await readFile(join(FILE_ROOT, 'a'))).length, 1_000_000)
})

t.test('SIGTERM lets an upload finish, but not for ever, and leaves nothing', async (t) => {
  const FILE_ROOT = lastingDirectory(t)
  const service = await startProcess(t, { FILE_ROOT, SHUTDOWN_TIMEOUT_MS: '700' })
  const body = formBytes([filePart('x'.repeat(100_000))])
  const quick = await openRaw(t, service.port)
  quick.send(UPLOAD_HEAD.replace('9000000', `${body.length}`))
  quick.send(body.subarray(0, 50_000))
  const stalled = await openRaw(t, service.port)
  stalled.send(UPLOAD_HEAD)
  stalled.send(HALF)
  await until('both began', async () => (await unfinished(FILE_ROOT)).length === 2)
  const ended = service.end('SIGTERM')
  quick.send(body.subarray(50_000))
  t.equal((await quick.answer()).status, 200)
  t.match(await ended, { code: 0 })
  t.strictSame(await visible(FILE_ROOT), ['a'])
  t.strictSame(await unfinished(FILE_ROOT), [])
})

t.test('a disk that takes no more is said to be full, and nothing is left', async (t) => {
  const FILE_ROOT = lastingDirectory(t)
  await writeFile(join(FILE_ROOT, 'a'), 'kept')
  // A limit on the size of files: the system refuses the write, as it does on a full disk.
  const service = await startProcess(t, { FILE_ROOT }, '-f 1000')
  const answer = await upload(service.url, { fileName: 'a' }, [filePart('x'.repeat(3_000_000))])
  t.match(answer, { status: 200, body: { statusCode: 163, message: '上传文件失败' } })
  t.match(answer.error, { error: 'the disk is full', code: 'FILE_SERVICE_DISK_FULL' })
  t.equal(await readFile(join(FILE_ROOT, 'a'), 'utf8'), 'kept')
  t.strictSame(await unfinished(FILE_ROOT), [])
  t.match((await upload(service.url, { fileName: 'b' }, [filePart('x')])).body.statusCode, 200)
})

t.test('no log line holds a token or a body', async (t) => {
  const service = await startProcess(t, { FILE_ROOT: lastingDirectory(t), LOG_LEVEL: 'trace' })
  await call(`${service.url}/file/mkdir?dirName=x&token=hidden-1`, {
    headers: { token: 'hidden-2', authorization: 'Bearer hidden-3' }
  })
  await upload(service.url, { fileName: 'a' }, [filePart('hidden-4')])
  await until('it was logged', async () => /file\.upload/.test(service.output()))
  t.notMatch(service.output(), /hidden-\d/)
})
