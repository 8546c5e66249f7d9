import { until } from '@scheduler-task/test-support/until'
import t from 'tap'
import { escapeHtml } from '../../src/azkaban/escape-html.ts'
import { JobLog } from '../../src/azkaban/job-log.ts'
import { prettyJson } from '../../src/azkaban/pretty-json.ts'
import { azkabanFor, sessionOf } from './support/azkaban.ts'

const quick = { dispatchDelayMs: 0, justFinishedMs: 0 }
const line = /^\d\d-\d\d-\d{4} \d\d:\d\d:\d\d CST test (INFO|ERROR) - (.*)$/

function printing(text: string, times: number) {
  const program = [{ kind: 'print', text, times, level: 'ERROR' }, { kind: 'hold' }] as const
  return [{ name: 'test', flows: [{ id: 'test', jobs: [{ id: 'test', program }] }] }]
}

t.test(
  'a log that rotates: the live one begins anew, the stored one keeps what it may',
  async (t) => {
    const logs = { logChunkBytes: 10_000, logBackups: 2 }
    const azkaban = await azkabanFor(t, { ...quick, ...logs, projects: printing('row {n}', 2050) })
    const session = await sessionOf(azkaban)
    const execid = await session.start()
    await until('the last row is there', async () =>
      (await session.log(execid, 'test')).includes('row 2050\n')
    )
    const live = await session.log(execid, 'test')
    t.ok(Buffer.byteLength(live) < 10_000)
    t.notMatch(live, /row 1\n/)
    const block = { execid, jobId: 'test', offset: 9_999_999, length: 10 }
    const past = await session.call('fetchExecJobLogs', block)
    t.same(past, { length: 0, offset: 9_999_999, data: '' })
    azkaban.job(execid, 'test').finish('SUCCEEDED')
    await until('it ends', async () => (await session.status(execid)) === 'SUCCEEDED')
    const stored = await session.log(execid, 'test')
    t.ok(Buffer.byteLength(stored) > 20_000 && Buffer.byteLength(stored) < 31_000)
    t.notMatch(stored, /row 1\n/)
    t.ok(stored.endsWith('with status SUCCEEDED\n'))
    const numbers = [...stored.matchAll(/row (\d+)\n/g)].map(([, n]) => Number(n))
    t.same(
      numbers,
      Array.from(numbers, (_, at) => 2051 - numbers.length + at),
      'no row is missing'
    )
  }
)

t.test('each line of output has the prefix; stderr shows in 2.5.0 only', async (t) => {
  for (const version of ['2.5.0', '3.90.0'] as const) {
    const projects = printing('one\r\n\ntwo\r<b>', 1)
    const azkaban = await azkabanFor(t, { ...quick, version, projects, refreshMs: 10 })
    const session = await sessionOf(azkaban)
    const execid = await session.start()
    await until('it runs', async () => (await session.status(execid)) === 'RUNNING')
    const lines = (await session.log(execid, 'test')).trimEnd().split('\n').slice(-4)
    const level = version === '2.5.0' ? 'ERROR' : 'INFO'
    const shown = lines.map((one) => line.exec(one)?.slice(1))
    const bold = version === '2.5.0' ? '<b>' : '&lt;b&gt;'
    t.same(
      shown,
      [
        [level, 'one'],
        [level, ''],
        [level, 'two'],
        [level, bold]
      ],
      version
    )
  }
})

t.test('HTML escapes as commons-lang 2.6 has them', async (t) => {
  const table: ReadonlyArray<readonly [string, string]> = [
    [`"'&<>`, `&quot;'&amp;&lt;&gt;`],
    ['\u0000\u001b\t~\u007f', '\u0000\u001b\t~\u007f'],
    ['\u0080\u009f\u00a0ÿ', '&#128;&#159;&nbsp;&yuml;'],
    ['é—ü©²³¼', '&eacute;&mdash;&uuml;&copy;&sup2;&sup3;&frac14;'],
    ['Œƒ∴⊥♦€', '&OElig;&fnof;&there4;&perp;&diams;&euro;'],
    ['漢字', '&#28450;&#23383;'],
    ['😀', '&#55357;&#56832;'],
    ['\ufffd\uffff', '&#65533;&#65535;'],
    ['application_1592537240488_0075', 'application_1592537240488_0075']
  ]
  for (const [text, escaped] of table) t.equal(escapeHtml(text), escaped)
})

t.test('JSON as Jackson prints it', async (t) => {
  const value = { list: [1, 2], none: [], empty: {}, text: '漢/"\\\n\u001f😀', nothing: undefined }
  t.same(prettyJson(value).split('\n'), [
    '{',
    '  "none" : [ ],',
    '  "text" : "漢/\\"\\\\\\n\\u001F\\uD83D\\uDE00",',
    '  "list" : [ 1, 2 ],',
    '  "empty" : {',
    '  }',
    '}'
  ])
  t.equal(prettyJson({}), '{\n}')
})

t.test('any block of a log holds whole characters, and following it loses none', async (t) => {
  const text = 'aé漢😀\n'.repeat(20)
  const log = new JobLog(1_000_000, 4)
  log.append(text)
  for (const read of ['readLive', 'readStored'] as const) {
    for (let length = 4; length < 30; length++) {
      let offset = 0
      let found = ''
      for (;;) {
        const block = log[read](offset, length)
        if (block.bytes.length === 0) break
        t.equal(block.offset, offset)
        found += block.bytes.toString()
        offset += block.bytes.length
      }
      t.equal(found, text, `${read} ${length}`)
    }
  }
})
