import { readdirSync, readFileSync } from 'node:fs'
import t from 'tap'
import { check, type Family, told } from './support/checking.ts'
import { type Mutation, mutationsOf } from './support/mutations.ts'

type Expected = Readonly<{ code: string; line: number }>
const broken = new URL('corpus/broken/', import.meta.url)
const valid = new URL('corpus/valid/', import.meta.url)

t.test('what is wrong is found, by its code and its line', async (t) => {
  const expected = JSON.parse(readFileSync(new URL('expected.json', broken), 'utf8')) as Readonly<
    Record<string, Expected>
  >
  for (const [name, { code, line }] of Object.entries(expected)) {
    const text = readFileSync(new URL(name, broken), 'utf8')
    const family = name.split('/')[0] as Family
    const findings = check(family, text, { json: name.endsWith('.json.txt') })
    const isIt = (one: (typeof findings)[number]) =>
      one.severity !== 'info' && one.code === code && one.line === line
    t.ok(findings.some(isIt), `${name}: ${code} in line ${line}: ${told(findings).join('; ')}`)
  }
  t.ok(Object.keys(expected).length >= 80)
})

t.test('valid configs broken by rule are found out', async (t) => {
  const counts = new Map<string, { made: number; found: number }>()
  const missed: string[] = []
  for (const family of readdirSync(valid) as Family[]) {
    for (const name of readdirSync(new URL(`${family}/`, valid))) {
      const text = readFileSync(new URL(`${family}/${name}`, valid), 'utf8')
      for (const mutation of mutationsOf(text)) count(family, name, mutation)
    }
  }
  function count(family: Family, name: string, { rule, text, what }: Mutation): void {
    const sum = counts.get(rule) ?? { made: 0, found: 0 }
    counts.set(rule, sum)
    sum.made++
    if (told(check(family, text, { json: name.endsWith('.json.txt') })).length > 0) sum.found++
    else missed.push(`${rule} ${family}/${name}: ${what}`)
  }
  let made = 0
  let found = 0
  for (const [rule, sum] of counts) {
    made += sum.made
    found += sum.found
    t.comment(`${rule}: ${sum.found} of ${sum.made}`)
  }
  t.comment(`all: ${found} of ${made}`)
  for (const one of missed.slice(0, 60)) t.comment(`missed: ${one}`)
  t.ok(made >= 300, `${made} made`)
  t.ok(found / made >= 0.95, `${found} of ${made} found`)
})
