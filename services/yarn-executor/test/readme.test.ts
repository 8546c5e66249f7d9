import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { profileTable } from './support/profile-table.ts'

t.test('the README says of each profile what it can do', async (t) => {
  const readme = readFileSync(join(import.meta.dirname, '../README.md'), 'utf8')
  const table = readme.split('\n').filter((line) => /^\| (profile|-+|`[\w.-]+`) /.test(line))
  const start = table.findIndex((line) => line.startsWith('| profile '))
  t.equal(table.slice(start).join('\n'), profileTable())
})
