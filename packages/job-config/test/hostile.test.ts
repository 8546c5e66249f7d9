import { readdirSync, readFileSync } from 'node:fs'
import t from 'tap'
import { check, type Family } from './support/checking.ts'

const FAMILIES: readonly Family[] = ['waterdrop-1', 'waterdrop-2-spark', 'seatunnel-2.3-flink']
const MEGABYTE = 1024 * 1024
const full = (piece: string) => piece.repeat(Math.ceil(MEGABYTE / piece.length)).slice(0, MEGABYTE)

const PIECES = [
  ...['{', '[', '"', '}', ']', ',', '=', '+=', 'a', 'aa', 'aa=[', '$', '"""', '//', '#', '\\"'],
  ...[
    'aa bb ',
    '""',
    '={}',
    'key = x\n',
    'key { }\n',
    'aa=[1,',
    'aa{',
    'aa->',
    'aa=1,',
    '\n',
    '\0'
  ],
  ...['source { Fake { a1 = 1 } }\n', 'env { spark.executor.memroy = 1 }\n', 'aa = "x" ', '\ud800'],
  `aa = $${'{aa}'} $${'{bb}'}\n`,
  `source { Fake { result_table_name = $${'{xx}'} } }\n`,
  'transform { sql { sql = "select * from aa, bb join cc" } }\n'
]

t.test('a megabyte of anything is answered, in bounded time', async (t) => {
  for (const piece of PIECES) {
    const text = full(piece)
    for (const family of FAMILIES.slice(0, 2)) {
      const begun = process.cpuUsage()
      const findings = check(family, text)
      const { user, system } = process.cpuUsage(begun)
      t.ok(findings.length > 0 && findings.length <= 100, JSON.stringify(piece))
      const tookMs = (user + system) / 1000
      t.ok(tookMs < 3000, `${JSON.stringify(piece)} took ${Math.round(tookMs)} ms`)
    }
  }
})

t.test('a megabyte of names that differ is answered, in bounded time', async (t) => {
  const many = (piece: (word: string) => string, bytes: number) => {
    let text = ''
    for (let index = 0; text.length < bytes; index++) text += piece(wordOf(index))
    return text
  }
  const source = (word: string) => `Fake { result_table_name = ${word}tabx }\n`
  const sink = (word: string) => `Console { source_table_name = ${word}tabz }\n`
  const half = MEGABYTE / 2
  const blocks = 'transform { }\nsink { Console { } }\n'
  const texts = {
    tables: `env { }\nsource {\n${many(source, half)} }\ntransform { }\nsink {\n${many(sink, half)} }\n`,
    sql:
      `env { }\nsource {\n${many(source, half)} }\nsink { Console { } }\n` +
      `transform { sql { result_table_name = x1, sql = "select * from ${many((word) => `${word}tabz, `, MEGABYTE / 8)} aa" } }\n`,
    settings: `env {\n${many((word) => `spark.${word}.${word} = 1\n`, MEGABYTE)} master = local }\nsource { Fake { result_table_name = t1 } }\n${blocks}`,
    plugins: `env { }\nsource {\n${many((word) => `${word}kk { result_table_name = ${word}tab }\n`, MEGABYTE)} }\n${blocks}`,
    options: `env { }\nsource { Jdbc { url = x, table = y, result_table_name = t1\n${many((word) => `${word}q = 1\n`, MEGABYTE)} } }\n${blocks}`
  }
  for (const [name, text] of Object.entries(texts)) {
    const begun = process.cpuUsage()
    const findings = check('waterdrop-2-spark', text)
    const { user, system } = process.cpuUsage(begun)
    t.ok(findings.length > 0 && findings.length <= 100, name)
    const tookMs = (user + system) / 1000
    t.ok(tookMs < 5000, `${name} took ${Math.round(tookMs)} ms`)
  }
})

t.test('an error behind a hundred remarks is told', async (t) => {
  const own = Array.from({ length: 120 }, (_, index) => `own.setting${index} = 1`)
  const text = `env {\n${own.join('\n')}\n}\nsource { Fake { result_table_name = t1 } }\ntransform { }\nsink { Consol { } }\n`
  const findings = check('waterdrop-2-spark', text)
  t.equal(findings.length, 100)
  t.match(findings.at(-1), { severity: 'error', code: 'UNKNOWN_PLUGIN', line: 125 })
  t.equal(findings[0]?.severity, 'info')
})

t.test('references that multiply are not multiplied', async (t) => {
  const name = (index: number) => `a${String(index).padStart(3, '0')}`
  const lists = Array.from({ length: 200 }, (_, index) => {
    const before = `$${`{${name(index - 1)}}`}`
    return index === 0 ? `${name(0)} = [x]` : `${name(index)} = ${before} ${before}`
  })
  const texts = lists.map((line) => line.replace('[x]', '"x"'))
  const blocks = 'env { }\ntransform { }\nsink { Console { source_table_name = $' + '{a199} } }\n'
  for (const lines of [lists, texts]) {
    const begun = performance.now()
    check(
      'waterdrop-2-spark',
      `${lines.join('\n')}\n${blocks}source { Fake { result_table_name = x } }`
    )
    t.ok(performance.now() - begun < 2000)
  }
})

t.test('time grows with the length', async (t) => {
  const unit =
    'source { Jdbc { url = "jdbc:x", table = "abc", result_table_name = "abc1", a.b = "x" } }\n'
  const timeOf = (times: number) => {
    const text = `env { }\ntransform { }\nsink { Console { } }\n${unit.repeat(times)}`
    const all = Array.from({ length: 5 }, () => {
      const begun = process.cpuUsage()
      check('waterdrop-2-spark', text)
      const { user, system } = process.cpuUsage(begun)
      return (user + system) / 1000
    })
    return Math.min(...all)
  }
  timeOf(100)
  const small = timeOf(1000)
  const large = timeOf(10_000)
  t.ok(large < 40 * Math.max(small, 5), `${small} ms, ten times as much ${large} ms`)
})

t.test('nothing makes it throw', async (t) => {
  const root = new URL('corpus/valid/', import.meta.url)
  const texts = (readdirSync(root) as Family[]).flatMap((family) =>
    readdirSync(new URL(`${family}/`, root)).map((name) => ({
      family,
      json: name.endsWith('.json.txt'),
      text: readFileSync(new URL(`${family}/${name}`, root), 'utf8')
    }))
  )
  const signs = [...'{}[]",:=+$#/\\\n ', '"""', '$' + '{', '->', 'include ', '\0', '中']
  const random = randomFrom(20_260_101)
  let checked = 0
  for (let round = 0; round < 3000; round++) {
    const { family, json, text } = texts[random(texts.length)] as (typeof texts)[number]
    let changed = text
    for (let changes = random(6); changes >= 0; changes--) {
      const at = random(changed.length)
      const piece = random(3) === 0 ? '' : (signs[random(signs.length)] ?? '')
      changed = changed.slice(0, at) + piece + changed.slice(at + random(4))
    }
    const findings = check(family, changed, { json })
    if (findings.every(({ line = 0, column = 0 }) => line >= 1 && column >= 1)) checked++
  }
  t.equal(checked, 3000)
})

/** A word of six letters, another one for each number. */
function wordOf(index: number): string {
  let rest = index
  return Array.from({ length: 6 }, (_, place) => {
    const letter = String.fromCharCode(97 + ((rest + place * 5) % 26))
    rest = Math.floor(rest / 5)
    return letter
  }).join('')
}

/** Whole numbers below a limit, the same in each run. */
function randomFrom(seed: number): (limit: number) => number {
  let state = seed
  return (limit) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * limit)
  }
}
