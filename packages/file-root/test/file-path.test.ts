import t from 'tap'
import { FilePathError, formatFilePath, isReserved, parseFilePath } from '../src/file-path.ts'

const TAKEN: readonly (readonly [string, readonly string[]])[] = [
  ['c://test//a.txt', ['c', 'test', 'a.txt']],
  ['C:\\test\\a.txt', ['c', 'test', 'a.txt']],
  ['C:/test/', ['c', 'test']],
  ['/c:/test', ['c', 'test']],
  ['c:', ['c']],
  ['/a/b', ['a', 'b']],
  ['a/b', ['a', 'b']],
  ['a//b///c', ['a', 'b', 'c']],
  ['./a/./b', ['a', 'b']],
  ['text.txt', ['text.txt']],
  ['测试/数据 表.conf', ['测试', '数据 表.conf']],
  ['%2e%2e/a', ['%2e%2e', 'a']],
  ['..a/b..', ['..a', 'b..']],
  ['a/.trash/b', ['a', '.trash', 'b']],
  ['.trashed/a', ['.trashed', 'a']],
  ['12:30.log', ['12:30.log']],
  ['-rf $(id) ; \'x\' `y` "z"', ['-rf $(id) ; \'x\' `y` "z"']],
  ['cafe\u0301.txt', ['caf\u00e9.txt']],
  ['😀.txt', ['😀.txt']],
  [`${'名'.repeat(85)}`, ['名'.repeat(85)]],
  [Array(100).fill('a').join('/'), Array(100).fill('a')]
]

t.test('paths that are taken, and the names they mean', async (t) => {
  for (const [text, segments] of TAKEN) t.strictSame(parseFilePath(text), segments, text)
})

const REFUSED: readonly (readonly [string, string, RegExp])[] = [
  ['parent', '..', /"\.\."/],
  ['parent first', '../a', /"\.\."/],
  ['parent inside', 'a/../b', /"\.\."/],
  ['parent last', 'a/..', /"\.\."/],
  ['parent with backslashes', 'a\\..\\..\\b', /"\.\."/],
  ['parent after a drive', 'c://../..', /"\.\."/],
  ['parent with a space', 'a/.. /b', /dots and spaces/],
  ['three dots', 'a/.../b', /dots and spaces/],
  ['full-width dots', 'a/．．/b', /dots and spaces/],
  ['two-dot leader', '‥/a', /dots and spaces/],
  ['a space alone', 'a/ /b', /dots and spaces/],
  ['nothing', '', /root itself/],
  ['the root', '/', /root itself/],
  ['the root by dots', './././', /root itself/],
  ['the root by backslashes', '\\\\', /root itself/],
  ['NUL', 'a\0.txt', /NUL/],
  ['newline', 'a\nb', /control/],
  ['escape', 'a\u001b[31m', /control/],
  ['delete', 'a\u007f', /control/],
  ['C1 control', 'a\u0085b', /control/],
  ['line separator', 'a\u2028b', /control/],
  ['right-to-left override', 'a\u202etxt.exe', /invisible/],
  ['isolate', 'a\u2066b', /invisible/],
  ['Arabic letter mark', 'a\u061cb', /invisible/],
  ['zero-width space', '.tra\u200bsh', /invisible/],
  ['zero-width joiner', 'a\u200db', /invisible/],
  ['byte order mark', '\ufeffa', /invisible/],
  ['soft hyphen', 'a\u00adb', /invisible/],
  ['Hangul filler', 'a\u3164', /invisible/],
  ['high surrogate', 'a\ud800', /Unicode/],
  ['low surrogate', '\udc00b', /Unicode/],
  ['replacement character', 'a\ufffdb', /UTF-8/],
  ['256 bytes', 'a'.repeat(256), /255 bytes/],
  ['256 bytes in Chinese', `${'名'.repeat(85)}x`, /255 bytes/],
  ['4097 characters', `${'a/'.repeat(2048)}a`, /4096 characters/],
  ['101 levels', Array(101).fill('a').join('/'), /100 levels/],
  ['a second drive', 'a/c:/b', /drive letter/],
  ['a drive without slash', 'c:test', /slash after the drive/],
  ['trash', '.trash', /\.trash/],
  ['trash below', '.trash/a', /\.trash/],
  ['trash after a slash', '/.trash/a', /\.trash/],
  ['trash after a dot', './.trash', /\.trash/],
  ['trash in capitals', '.TRASH', /\.trash/],
  ['trash mixed', '\\.Trash\\a', /\.trash/],
  ['trash with a dot', '.trash.', /\.trash/],
  ['trash with a space', '.trash /a', /\.trash/],
  ['trash with dots and spaces', '.trash. .', /\.trash/],
  ['trash as an NTFS stream', '.trash::$INDEX_ALLOCATION/a', /\.trash/],
  ['trash, full width', '．ｔｒａｓｈ', /\.trash/],
  ['trash with a long s', '.tra\u017fh', /\.trash/],
  ['uploads', '.uploads/x', /\.uploads/],
  ['uploads in capitals', '.UpLoads', /\.uploads/]
]

t.test('paths that are refused, and the reason given', async (t) => {
  for (const [name, text, reason] of REFUSED) {
    t.throws(() => parseFilePath(text), { name: 'FilePathError', reason }, name)
  }
})

t.test('reasons never repeat what was sent', async (t) => {
  for (const [name, text] of REFUSED) {
    try {
      parseFilePath(text)
    } catch (error) {
      t.ok(error instanceof FilePathError, name)
      // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for
      t.notMatch((error as FilePathError).reason, /[\u0000-\u001f\u007f-\uffff]/, name)
    }
  }
})

t.test('the root is a path only where it is asked for', async (t) => {
  t.strictSame(parseFilePath('/', { allowRoot: true }), [])
  t.strictSame(parseFilePath('', { allowRoot: true }), [])
  t.throws(() => parseFilePath('..', { allowRoot: true }), FilePathError)
})

t.test('a path is shown from the root', async (t) => {
  t.equal(formatFilePath(parseFilePath('C:\\test\\a.txt')), '/c/test/a.txt')
  t.equal(formatFilePath([]), '/')
})

t.test('names of the service are known in every spelling, others are not', async (t) => {
  t.ok(isReserved('.Trash. '))
  t.notOk(isReserved('trash'))
  t.notOk(isReserved('.trash2'))
})
