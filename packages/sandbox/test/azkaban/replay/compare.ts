import type { RecordedAnswer } from '../../yarn/replay/recording.ts'

/**
 * How an answer differs from the recorded one; empty when it is the same up to times, object
 * identities, process numbers and stack frames. Status, reason, headers and their order, key order
 * and all texts must be equal.
 */
export function differences(recorded: RecordedAnswer, actual: RecordedAnswer): string[] {
  const found: string[] = []
  const expectEqual = (what: string, wanted: string, got: string) => {
    if (wanted !== got) found.push(`${what}: ${firstDifference(wanted, got)}`)
  }
  expectEqual('status', String(recorded.status), String(actual.status))
  expectEqual('reason', recorded.reason, actual.reason)
  const names = (answer: RecordedAnswer) => answer.headers.map(([name]) => name).join()
  expectEqual('header names', names(recorded), names(actual))
  for (const [at, [name, value]] of recorded.headers.entries()) {
    const now = actual.headers[at]?.[1] ?? ''
    if (name !== 'Content-Length') expectEqual(name, normal(value), normal(now))
    else if (pageIsLeftOut(recorded) || actual.body === '') expectEqual(name, value, now)
    else expectEqual(name, String(Buffer.byteLength(actual.body)), now)
  }
  if (pageIsLeftOut(recorded)) {
    expectEqual('page', 'true', String(actual.body.includes('name="password"')))
  } else {
    expectEqual('body', normalBody(recorded.body), normalBody(actual.body))
  }
  return found
}

function pageIsLeftOut(recorded: RecordedAnswer): boolean {
  return recorded.body.startsWith('<!-- page of')
}

/** A log block says its length in bytes, which is that of its text. */
function normalBody(body: string): string {
  return normal(body).replace(/"length" : (\d+)/, (whole, length) =>
    Number(length) > 1000 || body.includes('_tmp') ? '"length" : <bytes>' : whole
  )
}

function normal(text: string): string {
  return text
    .replaceAll(/(\\n|\n)(\\t|\t)(at |\.\.\. )[^\\\n]*/g, '')
    .replaceAll(/[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}/g, '<uuid>')
    .replaceAll(/JSESSIONID=\w+/g, 'JSESSIONID=<id>')
    .replaceAll(/azkaban\.project\.Project@[\da-f]+/g, 'Project@<hash>')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+\+08:00/g, '<date>')
    .replaceAll(/\d\d-\d\d-\d{4} \d\d:\d\d:\d\d CST/g, '<date>')
    .replaceAll(/"\d:\d\d:\d\d CST/g, '"<end of date>')
    .replaceAll(/\\n\d\d-(\d\d-\d{0,4})?"/g, '\\n<start of date>"')
    .replaceAll(/\b1\d{12}\b/g, '<ms>')
    .replaceAll(/_\d+_tmp/g, '_<number>_tmp')
    .replaceAll(/([Pp]rocess with id) \d+/g, '$1 <pid>')
    .replaceAll(/successfully in \d+ seconds/g, 'successfully in <n> seconds')
    .replaceAll(/took \d+ milliseconds/g, 'took <n> milliseconds')
    .replaceAll(/(for|delayed for) \d+ (ms|milliseconds)\./g, '$1 <n> $2.')
    .replaceAll(/retry\.backoff: \d+/g, 'retry.backoff: <n>')
    .replaceAll(
      /(start\.(?:milliseconds|second|minute|hour|day|month|year)|projectversion): \d+/g,
      '$1: <n>'
    )
    .replaceAll(/\/opt\/azkaban\/solo\d*/g, '/opt/azkaban/solo')
    .replaceAll(/"port"( ?): \d+/g, '"port"$1: <n>')
    .replaceAll(/"usedMemory"( ?): \d+/g, '"usedMemory"$1: <n>')
    .replaceAll(/"xmx"( ?): \d+/g, '"xmx"$1: <n>')
    .replaceAll(/"version"( ?): "[^"]*"/g, '"version"$1: "<version>"')
}

function firstDifference(wanted: string, got: string): string {
  let at = 0
  while (at < wanted.length && wanted[at] === got[at]) at++
  const from = Math.max(0, at - 60)
  return `wanted …${JSON.stringify(wanted.slice(from, at + 120))}, got …${JSON.stringify(got.slice(from, at + 120))}`
}
