import t from 'tap'
import { STUCK_CAUSES } from '../../../src/domain/diagnosis/causes/engine-causes.ts'
import { causesIn, KNOWN_CAUSES } from '../../../src/domain/diagnosis/causes/known-causes.ts'
import { findCauses } from '../../../src/domain/diagnosis/find-causes.ts'
import { continuesTrace, weightOf } from '../../../src/domain/diagnosis/text-lines.ts'

const LOGS = causesIn('log')

function codes(...lines: string[]): string[] {
  return inSource('launcher/stderr', ...lines)
}

function inSource(source: string, ...lines: string[]): string[] {
  const text = { source, lines: lines.map((one) => ({ text: one, cursor: null })) }
  return findCauses(LOGS, [text]).map(({ cause }) => cause.code)
}

t.test('causes come before what follows from them', async (t) => {
  t.strictSame(
    codes(
      'Exception in thread "main" org.apache.spark.SparkException: Job aborted due to stage failure',
      '26/11/23 03:10:02 ERROR YarnScheduler: Lost executor 1 on nm1: Container killed by YARN for exceeding memory limits. 1 GB of 1 GB physical memory used.',
      '26/11/23 03:10:02 ERROR YarnScheduler: Lost executor 2 on nm1: Executor heartbeat timed out after 171250 ms'
    ),
    ['CONTAINER_MEMORY', 'EXECUTOR_LOST', 'JOB_FAILED']
  )
  t.strictSame(
    codes(
      'java.lang.RuntimeException: one',
      '\tat a.B.c(B.java:1)',
      'Caused by: java.lang.ClassNotFoundException: a.First',
      '\tat a.B.c(B.java:1)',
      'Caused by: java.io.FileNotFoundException: /a.csv (No such file or directory)'
    ),
    ['FILE_MISSING'],
    'of one exception what caused it in the end'
  )
})

t.test(
  'an error counts more than a warning, and data only when there is nothing else',
  async (t) => {
    const warning = '26/11/23 03:10:02 WARN A: java.net.UnknownHostException: db.example'
    const error = 'java.net.SocketTimeoutException: connect timed out'
    t.strictSame(codes(warning, error), ['CONNECTION_TIMEOUT', 'UNKNOWN_HOST'])
    t.strictSame(codes(`26/11/23 03:10:02 INFO A: ${error}`), [], 'in passing')
    const row = '| 17 | java.lang.ClassNotFoundException: a.Row | x |'
    t.strictSame(inSource('launcher/stdout', row), ['CLASS_MISSING'])
    t.strictSame(
      inSource('launcher/stdout', row, error),
      ['CONNECTION_TIMEOUT', 'CLASS_MISSING'],
      'behind a cause of a higher rank even'
    )
  }
)

t.test('what a line weighs', async (t) => {
  for (const [text, source, weight] of [
    ['26/11/23 03:10:02 ERROR A: b', 'launcher/stderr', 3],
    ['2026-11-23 03:10:02,123 WARN  o.a.f.A [] - b', 'am/c/jobmanager.log', 1],
    ['26/11/23 03:10:02 INFO A: Error', 'launcher/stderr', undefined],
    ['java.lang.IllegalStateException: x', 'launcher/stdout', 3],
    ['ValueError: x', 'launcher/stdout', 3],
    ['a row of data', 'launcher/stdout', 0],
    ['a row of data', 'container/c/taskmanager.out', 0],
    ['a word', 'launcher/stderr', 2],
    ['[ERROR] a word', 'launcher/stdout', 3]
  ] as const) {
    t.equal(weightOf(text, source), weight, text)
  }
})

t.test('hostile lines cost no time, whichever pattern looks at them', async (t) => {
  const pieces = [
    'a',
    '.',
    'a.',
    ' ',
    '/',
    '<',
    '"',
    "'",
    '(',
    '[',
    '0',
    'Exception: ',
    'a: ',
    '\t'
  ]
  const starts = ['', ...new Set([...KNOWN_CAUSES, ...STUCK_CAUSES].flatMap(({ marks }) => marks))]
  const hostile = pieces.map((piece) => piece.repeat(Math.ceil(100_000 / piece.length)))
  for (const cause of [...KNOWN_CAUSES, ...STUCK_CAUSES]) {
    const began = performance.now()
    for (const line of hostile) {
      cause.pattern.test(line)
      for (const mark of cause.marks) cause.pattern.test(`${mark}${line}${mark}`)
    }
    const tookMs = performance.now() - began
    t.ok(tookMs < 1500, `${cause.code} took ${Math.round(tookMs)} ms`)
  }
  const began = performance.now()
  for (const line of hostile) {
    weightOf(line, 'launcher/stdout')
    continuesTrace(line)
    for (const start of starts)
      findCauses(LOGS, [
        { source: 'x', lines: [{ text: (start + line).slice(0, 2000), cursor: null }] }
      ])
  }
  t.ok(performance.now() - began < 5000)
})

t.test('every entry of the table can be found, and says something', async (t) => {
  for (const cause of [...KNOWN_CAUSES, ...STUCK_CAUSES]) {
    t.match(cause.code, /^[A-Z][A-Z_]{3,39}$/)
    t.ok(cause.marks.length > 0 && cause.in.length > 0, cause.code)
    t.match(cause.sentence, /^[A-Z$].*(?:\.|\$\d)$/, cause.code)
    t.match(cause.advice, /^[A-Z1-9].*[.)]$/, `${cause.code}: ${cause.advice}`)
    t.notOk(cause.pattern.global || cause.pattern.sticky, cause.code)
  }
})
