import t from 'tap'
import { until, untilWithin } from '../src/until.ts'

t.test('what was waited for is answered; 0 is something', async (t) => {
  const answers = [undefined, null, false, '', 'there']
  t.equal(await until('it is there', () => answers.shift()), 'there')
  t.strictSame(answers, [])
  t.equal(await until('a number', async () => 0), 0)
})

t.test('in the end the wait fails and says for what', async (t) => {
  await t.rejects(
    untilWithin(30, 'pigs fly', () => false),
    { message: 'waited 30 ms in vain until: pigs fly' }
  )
  const broken = until(() => {
    throw new Error('the check itself failed')
  })
  await t.rejects(broken, /the check itself failed/)
})
