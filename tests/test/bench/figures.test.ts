import t from 'tap'
import { mostAtOnce } from '../../bench/executor/fast-launcher.ts'
import { duration, median, megabytes, percentile } from '../../bench/figures.ts'

t.test('a percentile is a value that occurred', (t) => {
  const values = [5, 1, 4, 2, 3]
  t.equal(median(values), 3)
  t.equal(percentile(values, 0.99), 5)
  t.equal(percentile(values, 0), 1)
  t.equal(
    percentile(
      Array.from({ length: 100 }, (_, at) => at + 1),
      0.99
    ),
    99
  )
  t.ok(Number.isNaN(median([])))
  t.strictSame(values, [5, 1, 4, 2, 3])
  t.end()
})

t.test('figures are told with their unit', (t) => {
  t.strictSame([0.04, 9.94, 12.4, 1700, 61_000, -3].map(duration), [
    '0.0 ms',
    '9.9 ms',
    '12 ms',
    '1.7 s',
    '61 s',
    '-3.0 ms'
  ])
  t.equal(duration(Number.NaN), '–')
  t.equal(megabytes(91_600_000), '92 MB')
  t.end()
})

t.test('launchers at once are those whose times overlap', (t) => {
  const run = (began: number, submitted: number) => ({
    submissionTag: '',
    applicationId: '',
    began,
    submitted
  })
  t.equal(mostAtOnce([]), 0)
  t.equal(mostAtOnce([run(0, 10), run(10, 20), run(20, 30)]), 1)
  t.equal(mostAtOnce([run(0, 10), run(5, 20), run(9, 12), run(12, 14)]), 3)
  t.end()
})
