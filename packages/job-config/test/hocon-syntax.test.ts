import t from 'tap'
import { ConfigValues } from '../src/config-values.ts'
import type { HoconNode } from '../src/hocon-nodes.ts'
import { readHocon } from '../src/hocon-syntax.ts'
import { HoconSyntaxError } from '../src/hocon-tokens.ts'

const read = (text: string, strict = false) => readHocon(text, { strict })

/** As plain values, nothing merged: `[path, value]` for each field. */
function plain(node: HoconNode): unknown {
  switch (node.kind) {
    case 'text':
      return node.text
    case 'reference':
      return `<${node.optional ? '?' : ''}${node.path.join('|')}>`
    case 'list':
      return node.items.map(plain)
    case 'concatenation':
      return { joined: node.parts.map(plain) }
    case 'object':
      return node.fields.map(({ path, value, appends }) =>
        appends ? [path.join('|'), '+=', plain(value)] : [path.join('|'), plain(value)]
      )
  }
}

t.test('what is read', async (t) => {
  const texts: Record<string, unknown> = {
    '': [],
    '# nothing': [],
    'one = 1, two : 2\nthree 3': 'error',
    'one = 1, two : 2\nthree { }': [
      ['one', '1'],
      ['two', '2'],
      ['three', []]
    ],
    'a1.b = x y  z': [['a1.b', { joined: ['x', 'y', 'z'] }]],
    'one->two = x': [['one|two', 'x']],
    '"one->two" = x': [['one->two', 'x']],
    'list = [1, "two"\n three\n,]': [['list', ['1', 'two', 'three']]],
    'list += 4': [['list', '+=', '4']],
    'aa = """x "y"\n\\n""""': [['aa', 'x "y"\n\\n"']],
    'aa = "x\\t\\u4e2d\\"\\\\"': [['aa', 'x\t中"\\']],
    'aa = ${bb->cc} ${?dd}"x"': [['aa', { joined: ['<bb|cc>', '<?dd>', 'x'] }]],
    'aa = { bb = 1 } { cc = 2 }': [['aa', { joined: [[['bb', '1']], [['cc', '2']]] }]],
    'aa = http://h/x': 'error',
    'aa = "http://h/x" // a comment': [['aa', 'http://h/x']],
    'aa = x # a comment': [['aa', 'x']],
    '\uFEFFaa = 1\r\nbb = 2\r\n': [
      ['aa', '1'],
      ['bb', '2']
    ],
    '{ aa = 1 }': [['aa', '1']],
    'aa\n{ bb = 1 }': [['aa', [['bb', '1']]]],
    'aa =\n 1': [['aa', '1']],
    '中文 = 名': [['中文', '名']],
    'aa = -1.5e+3, bb = 2020-01-01, cc = 10s': [
      ['aa', '-1.5e+3'],
      ['bb', '2020-01-01'],
      ['cc', '10s']
    ]
  }
  for (const [text, expected] of Object.entries(texts)) {
    if (expected === 'error') t.throws(() => read(text), HoconSyntaxError, JSON.stringify(text))
    else t.same(plain(read(text).root), expected, JSON.stringify(text))
  }
})

t.test('one->two with blanks around is one key, as its pieces are trimmed', async (t) => {
  t.same(plain(read('one -> two = x').root), [['one|two', 'x']])
})

t.test('what is refused, with its place', async (t) => {
  const texts: Record<string, [at: number, message: RegExp]> = {
    'aa {': [3, /this { is never closed/],
    'aa { bb = [1, 2 }': [16, /this } closes nothing/],
    'aa { }\n}': [7, /this } closes nothing/],
    'aa { bb = 2 ]': [12, /this \] closes nothing/],
    'aa = [1, 2': [5, /this \[ is never closed/],
    'aa = [1, 2\nbb = 3': [5, /this \[ is never closed/],
    'aa = "x\n"': [5, /quoted text never ends/],
    'aa = """x""': [5, /never ends/],
    ['aa = $' + '{bb']: [5, /never ends/],
    ['aa = $' + '{?"b\\" }"""}\n#"""']: [5, /a name only/],
    ['aa = $' + '{"""b"}"""}']: [5, /a name only/],
    ['aa = $' + '{b#}\n}']: [5, /a name only/],
    ['aa = $' + '{b//}\n}']: [5, /a name only/],
    ['aa = $' + '{b$' + '{c}}']: [5, /a name only/],
    'aa = $bb': [5, /\$ outside quotes/],
    'aa = "a\tb"': [7, /a tab/],
    'aa = "\\d+"': [6, /no escape/],
    'aa = "\\u12"': [6, /four hexadecimal/],
    'aa = x&y': [6, /not allowed outside quotes/],
    'aa = a+b': [6, /stands alone/],
    'aa = 1,, bb = 2': [7, /two commas/],
    ', aa = 1': [0, /comma without/],
    'aa = [1,,2]': [8, /two commas/],
    'aa = ': [0, /key aa has no value/],
    'aa = \nbb = 2': [0, /key aa has no value/],
    aa: [0, /key aa has no value/],
    '= 1': [0, /without a key/],
    'aa = 1\n{ }': [7, /without a name/],
    'aa = 1 { }': [7, /cannot be one value/],
    'aa = [1] x': [9, /cannot be one value/],
    'include "x"': [0, /^include is not accepted/],
    'aa { include file("x") }': [5, /^include is not accepted/],
    '{ } x': [4, /after the closing brace/],
    '[1]': [0, /is a list/]
  }
  for (const [text, [at, message]] of Object.entries(texts)) {
    t.throws(() => read(text), { at, message }, JSON.stringify(text))
  }
})

t.test('no message repeats what may be a part of a secret', async (t) => {
  const texts = [
    'x { "password" "hunter22" }',
    'x { password hunter22 }',
    'x { password = abc}hunter22 }',
    'x { password = abc,hunter22 }',
    'x { password = ab,hunter22:c d = 1 }',
    'x { password = "a"} "hunter22" }'
  ]
  const inJson = [
    '{"password" "hunter22"}',
    '{"password": hunter22}',
    '{"password": "a" "hunter22"}'
  ]
  for (const text of texts) t.throws(() => read(text), { message: /^(?!.*hunter)/ }, text)
  for (const text of inJson) {
    t.throws(() => readHocon(text, { strict: true }), { message: /^(?!.*hunter)/ }, text)
  }
  t.throws(() => read('x { password hunter22 }'), { message: 'key password … has no value' })
  t.throws(() => readHocon('{ // x\n}', { strict: true }), { message: 'JSON has no comments' })
})

t.test('JSON is read as JSON', async (t) => {
  t.same(plain(read('{"a": [1, true, null, {"b": "x"}], "c": -1.5e3}', true).root), [
    ['a', ['1', 'true', 'null', [['b', 'x']]]],
    ['c', '-1.5e3']
  ])
  for (const text of [
    '"a": 1',
    '{a: 1}',
    '{"a" = 1}',
    '{"a": 1,}',
    '{"a": [1,]}',
    '{"a": x}',
    '{"a": 1 "b": 2}',
    '{"a": 1\n"b": 2}',
    '{"a": 1} # x',
    '{"a": 1, "a": 2}',
    '{"a": $' + '{x}}',
    '{"a" {}}',
    ''
  ]) {
    t.throws(() => read(text, true), HoconSyntaxError, text)
  }
})

t.test('keys of one character without quotes are listed', async (t) => {
  const { shortKeys, braced } = read('{ a = 1, "b" = 2, cc { d { } } }')
  const found = shortKeys.map(({ path, at }) => `${path[0]} ${at}`)
  t.same(found.sort(), ['a 2', 'd 23'])
  t.equal(braced, true)
})

t.test('merging, references and what they stand for', async (t) => {
  const text = `
    base { one = 1, two = 2 }
    name = orders
    dir = "/data"
    all = \${base} { two = 3 }
    text = \${name}"_"\${dir}
    list = [\${name}, x]
    self = \${self}x
    loop = \${pool}
    pool = \${loop}
    var = \${given}
  `
  const { root } = read(text)
  const values = new ConfigValues(root, {
    variables: { given: 'v', constructor: 'x' },
    environment: new Set(['SEEN'])
  })
  const written = (name: string) =>
    root.fields.findLast(({ path }) => path[0] === name)?.value as HoconNode
  const all = values.objectOf(written('all'))
  t.same(
    [...(all?.options ?? [])].map(([name, { value }]) => [name, values.textOf(value)]),
    [
      ['one', '1'],
      ['two', '3']
    ]
  )
  t.equal(values.textOf(written('text')), 'orders_/data')
  t.same(values.textsOf(written('list')), ['orders', 'x'])
  t.equal(values.textOf(written('self')), undefined)
  t.equal(values.textOf(written('loop')), undefined)
  t.equal(values.textOf(written('var')), 'v')
  const definition = (name: string) => {
    const node = read(`x1 = $${name}`).root.fields[0]?.value
    if (node?.kind !== 'reference') throw new Error('no reference')
    return values.definitionOf(node, ['x1'])
  }
  t.equal(definition('{base->one}'), 'file')
  t.equal(definition('{base->three}'), 'none')
  t.equal(definition('{all->three}'), 'maybe')
  t.equal(definition('{SEEN}'), 'environment')
  t.equal(definition('{given}'), 'variable')
  t.equal(definition('{user.dir}'), 'environment')
  t.equal(definition('{toString}'), 'none')
  t.equal(definition('{constructor}'), 'variable')
})

t.test('of what stands on one line it is known where blanks were', (t) => {
  const values = (text: string) =>
    readHocon(text, { strict: false }).root.fields.map((f) => f.value)
  t.match(values(`a = x "y"z \${v}\nb = x`), [
    { kind: 'concatenation', gaps: [true, true, false, true], at: 4, end: 15 },
    { kind: 'text', text: 'x' }
  ])
  const [glued] = values('a=x"y"')
  t.match(glued, { kind: 'concatenation', gaps: [false, false] })
  t.end()
})
