import { until } from '@scheduler-task/test-support/until'
import type { Test } from 'tap'
import { type DocumentedCall, type Facts, filledIn } from './documented-call.ts'
import type { FailingCall } from './failures.ts'
import type { V2Call } from './v2-calls.ts'
import type { Door } from './world.ts'

/** Makes a documented call, and asserts that its answer is the one that the interface document prints. */
export async function checkDocumentedCall(
  t: Test,
  { door, call, facts }: Readonly<{ door: Door; call: DocumentedCall; facts: Facts }>
): Promise<void> {
  const { status, headers, text, body } = await door.call(call.method, filledIn(call.path, facts), {
    body: filledIn(call.body, facts),
    ...(call.file === undefined ? {} : { file: call.file })
  })
  t.equal(status, 200)
  t.equal(headers['content-type'], 'application/json; charset=utf-8')
  t.ok(headers['x-request-id'])
  t.match(text, /^\{"statusCode":200,"message":"成功!","data":/, text.slice(0, 300))
  t.doesNotThrow(() => call.data(body.data, facts), text.slice(0, 300))
}

/** Makes a call that cannot succeed, and asserts the documented refusal. */
export async function checkFailingCall(
  t: Test,
  { door, call, facts }: Readonly<{ door: Door; call: FailingCall; facts: Facts }>
): Promise<void> {
  const { status, body, text } = await door.call(call.method, filledIn(call.path, facts), {
    body: filledIn(call.body, facts),
    ...(call.raw ? { raw: call.raw } : {})
  })
  t.equal(status, call.status, `${call.why}: ${text.slice(0, 200)}`)
  if (call.method === 'HEAD') return
  t.equal(body.statusCode, call.code, `${call.why}: its code`)
  t.equal(body.message, call.message, `${call.why}: its message`)
  if (call.upstream !== 'azkaban') {
    const error = JSON.parse(String(body.data)) as Record<string, unknown>
    const ours = { error: /\w/, code: /^[A-Z0-9_]+$/, requestId: /\w/ }
    t.match(error, call.upstream ? { RemoteException: {} } : ours, `${call.why}: why`)
  }
  if (call.says) t.match(body.data, call.says, `${call.why}: says what`)
}

/** Makes a call of `/executor/v2`, and asserts its answer; the job is the one of the arranged application. */
export async function checkV2Call(
  t: Test,
  { door, call, facts }: Readonly<{ door: Door; call: V2Call; facts: Facts }>
): Promise<void> {
  const { applicationId } = facts
  const known = applicationId ? { ...facts, jobId: await runningJob(door, applicationId) } : facts
  const { status, headers, text } = await door.call(call.method, filledIn(call.path, known), {
    body: filledIn(call.body, known)
  })
  t.equal(status, call.status, `${call.why}: ${text.slice(0, 300)}`)
  const type = status < 400 ? 'application/json' : 'application/problem+json'
  t.equal(headers['content-type'], `${type}; charset=utf-8`)
  const answer = JSON.parse(text) as Readonly<Record<string, unknown>>
  t.doesNotThrow(() => call.answer(answer, known), `${call.why}: ${text.slice(0, 300)}`)
}

/** The job of an application, once it is known to run. */
async function runningJob(door: Door, applicationId: string): Promise<string> {
  const { text } = await door.call('GET', `/executor/v2/applications/${applicationId}`)
  const { jobId } = JSON.parse(text) as { jobId: string }
  await until('the job runs', async () => {
    const job = await door.call('GET', `/executor/v2/jobs/${jobId}`)
    return (JSON.parse(job.text) as { state: string }).state === 'RUNNING'
  })
  return jobId
}
