import t from 'tap'
import { atLeast, rolesOf } from '../src/roles.ts'

t.test('a record of another system is an operator, an unknown role is the least', async (t) => {
  for (const [record, roles] of [
    [undefined, ['operator']],
    [null, ['operator']],
    ['text', ['operator']],
    [7, ['operator']],
    [{}, ['operator']],
    [{ roles: null }, ['operator']],
    [{ roles: ['admin'] }, ['admin']],
    [{ roles: 'viewer' }, ['viewer']],
    [{ roles: ['viewer', 'boss', 'admin'] }, ['viewer', 'admin']],
    [{ roles: [] }, ['viewer']],
    [{ roles: ['boss'] }, ['viewer']],
    [{ roles: { admin: true } }, ['viewer']],
    [{ roles: ['ADMIN'] }, ['viewer']]
  ] as const) {
    t.strictSame(rolesOf(record), roles, JSON.stringify(record))
  }
})

t.test('each role includes those below it', async (t) => {
  for (const [least, roles, expected] of [
    ['operator', ['viewer'], false],
    ['operator', ['operator'], true],
    ['operator', ['admin'], true],
    ['viewer', ['viewer'], true],
    ['admin', ['operator', 'viewer'], false],
    ['viewer', [], false]
  ] as const) {
    t.equal(atLeast(least, roles), expected, `${roles} for ${least}`)
  }
})
