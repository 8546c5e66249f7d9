import t from 'tap'
import { outlineConfig } from '../src/config-outline.ts'

const problemsOf = (text: string) =>
  outlineConfig(text).problems.map(({ line, column, message }) => `${line}:${column} ${message}`)

t.test('blocks, keys and values', async (t) => {
  const outline = outlineConfig(`# comment { [
env { spark.app.name = "a b" // }
  spark.executor.instances = 2, "quoted key" : x
  list = [1, "two words"]
  one = ["x"]
  long = """{ not
a block }"""
  url = "http://h/#x"
  nested { deep { key = \${vars->dt}"-x" } }
}
env
{ spark->cores->max += 1 }
source = { Fake { } }
`)
  t.same(outline.problems, [])
  t.equal(outline.rootBrace, false)
  t.same(outline.topLevelKeys, ['env', 'env', 'source'])
  t.same(
    outline.assignments.map(({ line, path, values, hasBlank }) => [line, path, values, hasBlank]),
    [
      [2, ['env', 'spark.app.name'], ['a b'], true],
      [3, ['env', 'spark.executor.instances'], ['2'], false],
      [3, ['env', 'quoted key'], ['x'], true],
      [4, ['env', 'list'], ['1', 'two words'], true],
      [5, ['env', 'one'], ['x'], false],
      [6, ['env', 'long'], ['{ not\na block }'], true],
      [8, ['env', 'url'], ['http://h/#x'], false],
      [9, ['env', 'nested', 'deep', 'key'], [`\${vars->dt}-x`], true],
      [9, ['env', 'nested', 'deep'], [], false],
      [9, ['env', 'nested'], [], false],
      [2, ['env'], [], false],
      [12, ['env', 'spark', 'cores', 'max'], ['1'], false],
      [11, ['env'], [], false],
      [13, ['source', 'Fake'], [], false],
      [13, ['source'], [], false]
    ]
  )
})

t.test('quotes make one key of what would be a path', (t) => {
  const [first] = outlineConfig('env { "a1->b1"->c1 = x }').assignments
  t.same(first?.path, ['env', 'a1->b1', 'c1'])
  t.end()
})

t.test('a root brace, as JSON has', async (t) => {
  const outline = outlineConfig(
    '\uFEFF {"env": {"job.name": "x"}, "source": [{"plugin_name": "Fake"}]}\n'
  )
  t.same(outline.problems, [])
  t.equal(outline.rootBrace, true)
  t.same(outline.topLevelKeys, ['env', 'source'])
})

t.test('what is wrong, with its place', async (t) => {
  const texts: Record<string, string | RegExp> = {
    'a1 {': '1:4 this { is never closed',
    'a1 { b1 = [1, 2 }': '1:17 this } closes nothing',
    'a1 { }\n}': '2:1 this } closes nothing',
    'a1 { b1 = 2 ]': '1:13 this ] closes nothing',
    'a1 = "never ends\n"': '1:6 this quoted text never ends',
    'a1 = """never ends""': '1:6 this quoted text never ends',
    'a1 = ${b1': '1:6 this ${ never ends',
    'a1 = ${"}"': '1:6 this ${ never ends',
    'include "other.conf"': /^1:1 include is not accepted/,
    'include file("/etc/x")': /^1:1 include is not accepted/,
    'x1 {\n  include required(url("http://h/"))\n}': /^2:3 include is not accepted/,
    'x1 {\n\u001cinclude "/etc/x"\n}': /^2:2 include is not accepted/,
    '\u001f\u180einclude "/etc/x"': /^1:3 include is not accepted/,
    'x1 { "include" = 1 }': '',
    'x1 { included = 1, no.include = 2 }': '',
    '{ a1 = 1 } b1 = 2': '1:12 text after the closing brace',
    '{ }\n{ }': '2:1 text after the closing brace',
    'a1 = 1\n{ }': '2:1 a block without a name',
    'a1 =': '1:1 key a1 has no value',
    'a1 = \n\n': '1:1 key a1 has no value',
    a1: '1:1 key a1 has no value',
    '= 3': '1:1 a value without a key',
    'a = 1': '1:1 key a: the launcher fails on keys of one character',
    '"a" = 1': '',
    '': ''
  }
  for (const [text, problem] of Object.entries(texts)) {
    const found = problemsOf(text).join('; ')
    if (typeof problem === 'string') t.equal(found, problem, JSON.stringify(text))
    else t.match(found, problem, JSON.stringify(text))
  }
})

t.test('time and memory stay bounded', async (t) => {
  const megabyte = (text: string) => text.repeat((1024 * 1024) / text.length)
  const texts = [
    '{',
    '[',
    '"',
    '}',
    'a',
    'aa=[',
    '${',
    '"""',
    'key = x\n',
    'key { }\n',
    '\\"',
    '//',
    'aa bb ',
    '""',
    '={}'
  ].map(megabyte)
  for (const text of texts) {
    const begun = performance.now()
    const outline = outlineConfig(text)
    t.ok(outline.problems.length <= 20)
    const took = performance.now() - begun
    t.ok(took < 1500, `${text.slice(0, 8)}… took ${Math.round(took)} ms`)
  }
})

t.test('what stands on one line is one text, with the blanks between its pieces', (t) => {
  const { assignments } = outlineConfig(
    'one two = a b\nglued = a"b"\nquoted = a \t"b"\nlist = [a b, c]\nafter = a // b'
  )
  t.strictSame(
    assignments.map(({ path, values, hasBlank }) => [path, values, hasBlank]),
    [
      [['one two'], ['a b'], true],
      [['glued'], ['ab'], false],
      [['quoted'], ['a b'], true],
      [['list'], ['a b', 'c'], true],
      [['after'], ['a'], false]
    ]
  )
  t.end()
})
