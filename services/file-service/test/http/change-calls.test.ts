import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { call, filePart, upload } from '../support/calls.ts'
import { startFileService } from '../support/file-service.ts'

const SUCCESS = { statusCode: 200, message: '成功!', data: true }

t.test('the document’s own requests, one after the other', async (t) => {
  const { url, files, changes } = await startFileService(t)
  for (const path of [
    '/file/mkdir?dirName=c://test',
    '/file/create?fileName=c://test//test.txt',
    '/file/del?fileName=c://test'
  ]) {
    const { status, headers, body } = await call(`${url}${path}`)
    t.equal(status, 200)
    t.equal(headers['content-type'], 'application/json; charset=utf-8')
    t.equal(JSON.stringify(body), JSON.stringify(SUCCESS))
  }
  t.strictSame((await upload(url, { fileName: 'text.txt' }, [filePart('x')])).body, SUCCESS)
  t.strictSame(await files(), ['c', 'text.txt'])
  t.strictSame(
    changes.map(({ what, target, code }) => [what, target, code]),
    [
      ['file.mkdir', '/c/test', 200],
      ['file.create', '/c/test/test.txt', 200],
      ['file.del', '/c/test', 200],
      ['file.upload', '/text.txt', 200]
    ]
  )
})

t.test('the same calls by the methods that fit them, with any body or none', async (t) => {
  const { url, files } = await startFileService(t)
  const bodies = [
    {},
    { headers: { 'content-type': 'application/json' }, body: '{broken' },
    { headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: 'a=b' },
    { body: 'no type' }
  ]
  for (const body of bodies) {
    for (const [method, path] of [
      ['POST', '/file/mkdir?dirName=d'],
      ['POST', '/file/create?fileName=d/a'],
      ['DELETE', '/file/del?fileName=d']
    ] as const) {
      t.strictSame((await call(`${url}${path}`, { method, ...body })).body, SUCCESS)
    }
  }
  t.strictSame(await files(), [])
})

t.test('failures have the call’s own code and a reason', async (t) => {
  const { url, root, files } = await startFileService(t)
  await writeFile(join(root, 'file'), 'kept')
  await mkdir(join(root, 'dir'))
  const before = await files()
  for (const [path, code, message, error] of [
    ['/file/mkdir?dirName=file', 160, '创建目录失败', /a file, not a directory/],
    ['/file/mkdir?dirName=file/x', 160, '创建目录失败', /a file, not a directory/],
    ['/file/create?fileName=file', 161, '创建文件失败', /exists already/],
    ['/file/create?fileName=dir', 161, '创建文件失败', /exists already/],
    ['/file/del?fileName=nothing', 162, '删除文件失败', /no such file/],
    ['/file/del?fileName=file/x', 162, '删除文件失败', /no such file|not a directory/]
  ] as const) {
    const answer = await call(`${url}${path}`)
    t.match(answer, { status: 200, body: { statusCode: code, message } }, path)
    t.match(answer.error, { error, code: /^FILE_SERVICE_/, requestId: /./ }, path)
  }
  t.strictSame(await files(), before)
  t.equal(await readFile(join(root, 'file'), 'utf8'), 'kept')
})

t.test('HEAD and other methods are 405 with Allow, and change nothing', async (t) => {
  const { url, files } = await startFileService(t)
  for (const [method, path, allow] of [
    ['HEAD', '/file/mkdir?dirName=x', 'GET, POST'],
    ['HEAD', '/file/create?fileName=x', 'GET, POST'],
    ['HEAD', '/file/del?fileName=x', 'DELETE, GET'],
    ['HEAD', '/file/upload?fileName=x', 'POST'],
    ['GET', '/file/upload?fileName=x', 'POST'],
    ['DELETE', '/file/mkdir?dirName=x', 'GET, POST'],
    ['POST', '/file/del?fileName=x', 'DELETE, GET'],
    ['PUT', '/file/create?fileName=x', 'GET, POST'],
    ['POST', '/file/download?srcfile=x', 'GET, HEAD']
  ] as const) {
    const { status, headers } = await call(`${url}${path}`, { method })
    t.equal(status, 405, `${method} ${path}`)
    t.equal(headers.allow, allow)
  }
  t.strictSame(await files(), [])
})

t.test('a parameter that is missing, empty, or given twice is named', async (t) => {
  const { url, files } = await startFileService(t)
  for (const [path, parameter] of [
    ['/file/mkdir', 'dirName'],
    ['/file/mkdir?dirName=', 'dirName'],
    ['/file/mkdir?dirName', 'dirName'],
    ['/file/mkdir?dirname=x', 'dirName'],
    ['/file/mkdir?dirName=a&dirName=b', 'dirName'],
    ['/file/mkdir?dirName[]=a', 'dirName'],
    ['/file/create?dirName=a', 'fileName'],
    ['/file/del', 'fileName'],
    ['/file/download', 'srcfile']
  ] as const) {
    const answer = await call(`${url}${path}`)
    t.match(answer, { status: 400, body: { statusCode: 400, message: '参数错误' } }, path)
    t.match(answer.error.errors, [{ path: parameter }], path)
  }
  t.strictSame(await files(), [])
})

t.test('a body over 1 MiB is 413 where no body is needed', async (t) => {
  const { url, files } = await startFileService(t)
  const answer = await call(`${url}/file/mkdir?dirName=x`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify('x'.repeat(2 * 1024 * 1024))
  })
  t.match(answer, { status: 413, body: { statusCode: 413 } })
  t.strictSame(await files(), [])
})

t.test('with no days for the trash a deleted directory is gone from the disk', async (t) => {
  const { url, root } = await startFileService(t, { TRASH_DAYS: '0' })
  await upload(url, { fileName: 'd/a' }, [filePart('x')])
  t.strictSame((await call(`${url}/file/del?fileName=d`)).body, SUCCESS)
  t.strictSame(await readdir(join(root, '.trash')), [])
})

t.test('files are for owner and group', async (t) => {
  const { url, root } = await startFileService(t)
  await upload(url, { fileName: 'd/a' }, [filePart('x')])
  await call(`${url}/file/create?fileName=d/b`)
  for (const path of ['d', 'd/a', 'd/b']) t.equal((await stat(join(root, path))).mode & 0o007, 0)
})
