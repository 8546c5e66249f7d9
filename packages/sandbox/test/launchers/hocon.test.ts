import t from 'tap'
import { parseConfig } from '../../src/launchers/hocon.ts'
import { ConfigSyntaxError } from '../../src/launchers/hocon-text.ts'

const outside = new Map([
  ['HOME', '/users/alice'],
  ['city', 'beijing']
])

function parsed(text: string): unknown {
  return JSON.parse(JSON.stringify(parseConfig(text, (name) => outside.get(name))))
}

/** A reference, as configs write it. */
function ref(name: string): string {
  return `\${${name}}`
}

t.test('what configs say', async (t) => {
  const cases: [string, string, unknown][] = [
    ['keys with dots are flat', 'env { spark.app.name = "x" }', { env: { 'spark.app.name': 'x' } }],
    ['the path separator is ->', 'env->name = x', { env: { name: 'x' } }],
    ['braces around all', '{ aa: 1, bb: [1, "2", three] }', { aa: 1, bb: [1, '2', 'three'] }],
    ['comments', '# a\naa = 1 // b\nbb = "#c" # d\n', { aa: 1, bb: '#c' }],
    ['unquoted text keeps its blanks', 'aa =  two words  \nbb = 3', { aa: 'two words', bb: 3 }],
    [
      'literals',
      'aa = true, bb = null, cc = -1.5e3, dd = 1x',
      { aa: true, bb: null, cc: -1500, dd: '1x' }
    ],
    ['escapes', 'aa = "\\t\\"\\u0041\\\\"', { aa: '\t"A\\' }],
    ['triple quotes', 'aa = """a\n"b" """', { aa: 'a\n"b" ' }],
    ['quoted keys', '"a b" = 1', { 'a b': 1 }],
    [
      'objects of one key are merged',
      'env { aa = 1, bb = 1 }\nenv { bb = 2 }',
      { env: { aa: 1, bb: 2 } }
    ],
    [
      'plugins are listed, in order',
      'source {\n  Fake { aa = 1 }\n  Fake { }\n}',
      { source: [{ plugin_name: 'Fake', aa: 1 }, { plugin_name: 'Fake' }] }
    ],
    ['at any depth', 'xx { sink { Console { } } }', { xx: { sink: [{ plugin_name: 'Console' }] } }],
    [
      'a second block of plugins replaces the first',
      'source { Aa { } }\nsource { Bb { } }',
      { source: [{ plugin_name: 'Bb' }] }
    ],
    ['no plugins', 'transform { }', { transform: [] }],
    [
      'references: later in the file',
      `aa = ${ref('vars->dt')}\nvars { dt = 7 }`,
      { aa: 7, vars: { dt: 7 } }
    ],
    ['references: outside', `aa = ${ref('HOME')}/x`, { aa: '/users/alice/x' }],
    ['references: optional and missing', `aa = 1, aa = ${ref('?nobody')}`, { aa: 1 }],
    ['references: missing', `aa = ${ref('nobody')}`, { aa: ref('nobody') }],
    ['references: to themselves', `aa = ${ref('aa')}`, { aa: ref('aa') }],
    ['concatenation', `aa = "x '"${ref('city')}"' y"`, { aa: "x 'beijing' y" }],
    ['inside strings nothing is replaced', `aa = "${ref('city')}"`, { aa: ref('city') }]
  ]
  for (const [what, text, expected] of cases) t.strictSame(parsed(text), expected, what)
})

t.test('what is refused, and in which line', async (t) => {
  const cases: [string, string, number, RegExp][] = [
    ['brace not closed', 'env {\naa = 1\n', 3, /close brace/],
    ['brace too many', 'env { }\n}', 2, /unbalanced/],
    ['text behind the end', '{ }\nxx', 2, /trailing/],
    ['string not closed', 'aa = "x\n', 1, /quote/],
    ['triple quotes not closed', 'aa = """x', 1, /triple/],
    ['list not closed', 'aa = [1,', 1, /List/],
    ['reference not closed', 'aa = $' + '{x', 1, /not closed/],
    ['bad escape', 'aa = "\\u00zz"', 1, /hex/],
    ['no value', 'aa =\n', 2, /value/],
    ['no separator', 'aa bb\n', 1, /may not be followed/],
    ['no key', '= 1', 1, /field name/],
    ['reserved characters', 'aa = x@y', 1, /Reserved/],
    ['object and text', 'source { Fake { aa = 1 } Fake { } }', 1, /concatenate/],
    ['include', 'include "x"', 1, /include/]
  ]
  for (const [what, text, line, message] of cases) {
    try {
      parsed(text)
      t.fail(what)
    } catch (error) {
      t.ok(error instanceof ConfigSyntaxError, what)
      t.match(error, { line, message }, what)
    }
  }
  t.throws(() => parsed('a = 1'), RangeError, 'a key of one character')
})

t.test('names in quotes are parts of a path, and += makes a list', async (t) => {
  const text =
    '"env"->one = 1\n"env->two" = 2\nenv { three += a\n three += b }\nenv->"fo->ur" = 4\n'
  t.strictSame(
    parseConfig(text, () => undefined),
    {
      env: { one: 1, three: ['a', 'b'], 'fo->ur': 4 },
      'env->two': 2
    }
  )
})
