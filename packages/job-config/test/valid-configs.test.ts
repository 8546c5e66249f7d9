import { readdirSync, readFileSync } from 'node:fs'
import t from 'tap'
import { check, type Family, told } from './support/checking.ts'

const root = new URL('corpus/valid/', import.meta.url)

t.test('no error and no warning about a config that is valid', async (t) => {
  let configs = 0
  for (const family of readdirSync(root)) {
    for (const name of readdirSync(new URL(`${family}/`, root))) {
      const text = readFileSync(new URL(`${family}/${name}`, root), 'utf8')
      const findings = check(family as Family, text, { json: name.endsWith('.json.txt') })
      t.same(told(findings), [], `${family}/${name}`)
      configs++
    }
  }
  t.ok(configs >= 60, `${configs} configs`)
  t.comment(`${configs} valid configs`)
})
