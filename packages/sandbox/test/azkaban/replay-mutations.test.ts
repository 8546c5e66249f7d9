import t from 'tap'
import type { RecordedAnswer } from '../yarn/replay/recording.ts'
import { differences } from './replay/compare.ts'
import { folders, readRecording, recordingNames } from './replay/recording.ts'

const names = [
  '001-login-ok',
  '019-stale-post-ajax-xrw',
  '035-root-with-session',
  '106-execute-unknown-flow',
  '119-fetch-running',
  '134-log-running',
  '139-log-running-attempt-9',
  '202-fetch-retried',
  '241-log-cut-end-3'
]

t.test('a recording is the same as itself', async (t) => {
  for (const folder of folders) {
    for (const name of recordingNames(folder)) {
      const { answer } = readRecording(folder, name)
      const [page] = /page of \d+/.exec(answer.body) ?? []
      if (page === undefined) t.same(differences(asSent(answer), asSent(answer)), [], name)
    }
  }
})

t.test('every change of status, reason and headers is found', async (t) => {
  for (const name of names) {
    const answer = asSent(readRecording('3.90.0', name).answer)
    const changed: Record<string, RecordedAnswer> = {
      status: { ...answer, status: answer.status + 1 },
      reason: { ...answer, reason: `${answer.reason}.` },
      'one more header': { ...answer, headers: [...answer.headers, ['X-More', '1']] }
    }
    for (const [at, [header, value]] of answer.headers.entries()) {
      changed[`without ${header}`] = { ...answer, headers: answer.headers.toSpliced(at, 1) }
      const other = answer.headers.toSpliced(at, 1, [header, `${value}1`])
      changed[`another ${header}`] = { ...answer, headers: other }
    }
    for (const [what, one] of Object.entries(changed)) {
      t.not(differences(answer, one).length, 0, `${name}: ${what}`)
    }
  }
})

t.test('a change of any line of a body is found', async (t) => {
  for (const name of names) {
    const answer = asSent(readRecording('3.90.0', name).answer)
    const lines = answer.body === '' ? [] : answer.body.split('\n')
    for (const [at, line] of lines.entries()) {
      if (line.startsWith('\tat ') || line.startsWith('\t...')) continue
      const without = { ...answer, body: lines.toSpliced(at, 1).join('\n') }
      t.not(differences(answer, asSent(without)).length, 0, `${name}: without ${line}`)
      const longer = { ...answer, body: lines.toSpliced(at, 1, `${line}x`).join('\n') }
      t.not(differences(answer, asSent(longer)).length, 0, `${name}: other ${line}`)
    }
  }
})

t.test('a change of any line of a job log is found', async (t) => {
  const answer = asSent(readRecording('3.90.0', '134-log-running').answer)
  const lines = answer.body.split('\\n')
  for (const [at, line] of lines.entries()) {
    const changed = { ...answer, body: lines.toSpliced(at, 1, `${line} `).join('\\n') }
    t.not(differences(answer, asSent(changed)).length, 0, line)
  }
})

/** Scrubbing changed the bodies, so the length that counts is that of the body in the file. */
function asSent(answer: RecordedAnswer): RecordedAnswer {
  const length = String(Buffer.byteLength(answer.body))
  const headers = answer.headers.map(([key, value]): readonly [string, string] => [
    key,
    key === 'Content-Length' ? length : value
  ])
  return { ...answer, headers }
}
