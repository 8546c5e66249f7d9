import t from 'tap'
import {
  type ApplicationFilter,
  filterQuery,
  LEFT_OUT,
  matchesFilter
} from '../src/application-filter.ts'
import { applicationResponse } from '../src/rm-responses.ts'

const application = (members: Record<string, unknown>) =>
  applicationResponse.parse({ app: { id: 'application_1_1', state: 'RUNNING', ...members } })

t.test('the query of a list', (t) => {
  const query = filterQuery({
    states: ['ACCEPTED', 'RUNNING'],
    tags: ['St-A-1', 'b'],
    name: '任务 & 1',
    user: 'alice'
  })
  t.strictSame(
    [...query],
    [
      ['deSelects', LEFT_OUT.most],
      ['states', 'ACCEPTED,RUNNING'],
      ['applicationTags', 'st-a-1,b'],
      ['name', '任务 & 1'],
      ['user', 'alice']
    ]
  )
  t.strictSame([...filterQuery({}, LEFT_OUT.least)], [['deSelects', 'resourceRequests']])
  t.end()
})

t.test('a filter that would filter nothing, or something else, is refused', (t) => {
  const bad: ApplicationFilter[] = [
    { tags: [] },
    { tags: [''] },
    { tags: ['a', ''] },
    { tags: ['a,b'] },
    { tags: [' '] },
    { tags: ['a b'] },
    { tags: ['標籤'] },
    { tags: ['x'.repeat(101)] },
    { states: [] },
    { states: [''] },
    { states: ['RUNNING,KILLED'] },
    { name: '' },
    { user: '' }
  ]
  for (const filter of bad) {
    t.throws(() => filterQuery(filter), TypeError, JSON.stringify(filter))
  }
  t.end()
})

t.test('what comes is filtered once more', (t) => {
  const one = application({ name: 'n', user: 'alice', applicationTags: 'b,st-1' })
  const table: [ApplicationFilter, boolean][] = [
    [{}, true],
    [{ tags: ['ST-1', 'other'] }, true],
    [{ tags: ['st'] }, false],
    [{ name: 'n' }, true],
    [{ name: 'N' }, false],
    [{ user: 'alice' }, true],
    [{ user: 'bob' }, false],
    [{ states: ['ACCEPTED', 'RUNNING'] }, true],
    [{ states: ['FINISHED'] }, false],
    [{ tags: ['b'], name: 'other' }, false]
  ]
  for (const [filter, matches] of table) {
    t.equal(matchesFilter(one, filter), matches, JSON.stringify(filter))
  }
  t.equal(matchesFilter(application({}), { tags: ['b'] }), false, 'one without tags')
  t.end()
})
