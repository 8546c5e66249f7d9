import { readdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { call, filePart, upload } from '../support/calls.ts'
import { startFileService, visible } from '../support/file-service.ts'
import { openRaw } from '../support/raw-connection.ts'

/** As they stand in a query string: decoded once, each is a path that must be refused. */
const ENCODED = [
  '..',
  '../x',
  '../outside/secret.txt',
  '..%2fx',
  '..%2Fx',
  '%2e%2e/x',
  '%2e%2e%2fx',
  '%2E%2E%5Cx',
  '.%2e/x',
  '%2e./x',
  '..%5cx',
  '..\\x',
  '..\\..\\outside\\secret.txt',
  'a/../../x',
  'a/..',
  'a/b/../../../x',
  'a\\..\\..\\x',
  './../x',
  '/../x',
  '//../x',
  '\\..\\x',
  'c:/../../x',
  'c://../../x',
  'c:\\..\\..\\x',
  'C%3A%5C..%5C..%5Cx',
  '%2fetc%2f..%2f..%2fx',
  '....%2f..%2fx',
  '...',
  '..%20/x',
  '%20../x',
  '.%20./x',
  '..+/x',
  'a/%EF%BC%8E%EF%BC%8E/x',
  '%E2%80%A5/x',
  '/',
  '//',
  '.',
  './',
  '\\',
  '%2f',
  '+',
  'a/%20/b',
  'a%00b',
  'a%00/../x',
  '%00',
  'a%0ab',
  'a%0db',
  'a%0d%0aX-Injected:%201',
  'a%09b',
  'a%1bb',
  'a%7fb',
  'a%c2%85b',
  'a%e2%80%a8b',
  'a%e2%80%aeb',
  'a%e2%81%a6b',
  'a%e2%80%8bb',
  'a%ef%bb%bfb',
  'a%c2%adb',
  '%c0%ae%c0%ae/x',
  '%c0%ae%c0%ae%c0%afx',
  '%e0%80%ae/x',
  '%ed%a0%80',
  '%ff',
  '%b2%e2%ca%d4.txt',
  'a%ef%bf%bdb',
  '%u002e%u002e/x',
  '%',
  '%2',
  '%zz',
  '.trash',
  '.trash/x',
  '/.trash/x',
  './.trash/x',
  '.TRASH/x',
  '.Trash',
  '.trash./x',
  '.trash%20/x',
  '.trash%3a%3a%24INDEX_ALLOCATION/x',
  '%2etrash/x',
  '\\.trash\\x',
  '%EF%BC%8Etrash/x',
  '.tra%c5%bfh/x',
  '.tra%e2%80%8bsh/x',
  '.uploads',
  '.uploads/x',
  '.UPLOADS/x',
  'c:x',
  'a/c:/x',
  'a'.repeat(256),
  '%e5%90%8d'.repeat(86),
  'a/'.repeat(101),
  'a/'.repeat(2049)
]

t.test('no spelling of a bad path does anything, in any call', async (t) => {
  const { url, root, outside, files, unfinished } = await startFileService(t)
  await call(`${url}/file/create?fileName=gone`)
  await call(`${url}/file/del?fileName=gone`)
  const before = await visible(join(root, '..'))
  for (const text of ENCODED) {
    for (const path of [
      `/file/mkdir?dirName=${text}`,
      `/file/create?fileName=${text}`,
      `/file/del?fileName=${text}`,
      `/file/download?srcfile=${text}`
    ]) {
      const answer = await call(`${url}${path}`)
      if (answer.status !== 400 || answer.body.statusCode !== 400) t.fail(path, { answer })
      if (!/\S/.test(String(answer.error.error))) t.fail(`no reason for ${path}`)
      if (answer.headers['x-injected'] !== undefined) t.fail(`a header came out of ${path}`)
    }
    const sent = await call(`${url}/file/upload?fileName=${text}`, { method: 'POST' })
    if (sent.status !== 400) t.fail(`upload to ${text}`, { sent })
  }
  t.ok(ENCODED.length >= 60)
  t.strictSame(await files(), [])
  t.strictSame(await unfinished(), [])
  t.strictSame(await visible(join(root, '..')), before)
  t.strictSame(await visible(outside), ['secret.txt'])
})

t.test('nor does a bad name in a form, as a field or as the part’s own', async (t) => {
  const { url, root, outside, files, unfinished } = await startFileService(t)
  for (const name of [
    '../x',
    '..\\..\\x',
    '/../../x',
    'c:\\..\\..\\x',
    'a/../../x',
    '.trash/x',
    '.UPLOADS/x',
    'a\tb',
    'a\u202eb',
    'a\u200bb',
    '..',
    '.',
    '/',
    '... ',
    'x'.repeat(256)
  ]) {
    for (const parts of [
      [filePart('x', name)],
      [{ name: 'fileName', content: name }, filePart('x', 'good.txt')],
      [filePart('x', 'good.txt'), { name: 'fileName', content: name }]
    ]) {
      const answer = await upload(url, {}, parts)
      t.match(answer, { status: 400, body: { statusCode: 400 } }, JSON.stringify(name))
    }
  }
  const gbk = { name: 'fileName', content: Buffer.from([0xb2, 0xe2, 0xca, 0xd4]) }
  t.match(await upload(url, {}, [gbk, filePart('x')]), { status: 400, error: { error: /UTF-8/ } })
  t.strictSame(await files(), [])
  t.strictSame(await unfinished(), [])
  t.strictSame(await visible(outside), ['secret.txt'])
  t.strictSame(await readdir(join(root, '..')), ['outside', 'root'])
})

t.test('a query is decoded once: what is encoded twice is a name', async (t) => {
  const { url, files } = await startFileService(t)
  for (const text of ['%252e%252e', '%25%32e', '%252e%252e%252fx', 'a%2500']) {
    t.match(await call(`${url}/file/create?fileName=${text}`), { body: { statusCode: 200 } }, text)
  }
  t.strictSame(await files(), ['%2e', '%2e%2e', '%2e%2e%2fx', 'a%00'])
})

t.test('good names of every kind are kept as they are', async (t) => {
  const { url, files } = await startFileService(t)
  const names = [
    '测试 数据.conf',
    '$(id);`x`\'"',
    '-rf',
    '100%',
    'a+b',
    'é',
    '😀',
    '#&=?',
    '..a',
    '~'
  ]
  for (const fileName of names) {
    const answer = await call(`${url}/file/create?${new URLSearchParams({ fileName })}`)
    t.match(answer, { body: { statusCode: 200 } }, fileName)
  }
  t.strictSame(await files(), [...names].sort())
})

t.test('links that lead out are refused by every call, others work', async (t) => {
  const { url, root, outside } = await startFileService(t)
  await symlink(outside, join(root, 'out'))
  await symlink(join(outside, 'secret.txt'), join(root, 'file'))
  await symlink('..', join(root, 'up'))
  await symlink('.trash', join(root, 'bin'))
  for (const path of ['out/secret.txt', 'out', 'file', 'up/outside/secret.txt', 'out/new']) {
    for (const query of ['mkdir?dirName', 'create?fileName', 'del?fileName', 'download?srcfile']) {
      const answer = await call(`${url}/file/${query}=${path}`)
      t.match(answer, { status: 400, body: { statusCode: 400 } }, `${query}=${path}`)
      t.match(answer.error.error, /link that leads out/)
    }
    t.match(await upload(url, { fileName: path }, [filePart('x')]), { status: 400 }, path)
  }
  t.strictSame(await visible(outside), ['secret.txt'])
  t.match(await call(`${url}/file/mkdir?dirName=bin/x`), { body: { statusCode: 160 } })
  await call(`${url}/file/create?fileName=real/a.txt`)
  await symlink('real', join(root, 'inside'))
  t.match(await call(`${url}/file/create?fileName=inside/b.txt`), { body: { statusCode: 200 } })
  t.match(await call(`${url}/file/del?fileName=inside/a.txt`), { body: { statusCode: 200 } })
})

t.test('bytes in the request line that are no ASCII are refused', async (t) => {
  const { port, files } = await startFileService(t)
  for (const path of [
    '/file/mkdir?dirName=测试',
    '/file/mkdir?dirName=a\0b',
    '/file/mkdir?dirName=\x7f'
  ]) {
    const connection = await openRaw(t, port)
    connection.send(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`)
    t.equal((await connection.answer()).status, 400, JSON.stringify(path))
  }
  t.strictSame(await files(), [])
})
