import { ok as assert } from 'node:assert/strict'
import type { Facts, Given } from './documented-call.ts'

/**
 * A call of `/executor/v2`, and what it is answered. In path and body `{applicationId}` and `{jobId}` stand for what was
 * arranged. That every answer is as the OpenAPI document says is asked at the door.
 */
export type V2Call = Readonly<{
  why: string
  method: 'GET' | 'POST'
  path: string
  body?: Readonly<Record<string, unknown>>
  given: Given
  status: number
  /** Throws when the answer is not what it should be; of a refusal, its problem details. */
  answer(answer: Readonly<Record<string, unknown>>, facts: Facts): void
}>

const JOB = { engine: 'spark', taskName: 'checked', configFile: 'application.spark.conf' }
const RUNNING: Given = 'a running Spark application'
const NOBODY = '0'.repeat(32)
/** The third line names no plugin. */
const BROKEN =
  'env { }\nsource { Fake { result_table_name = t1 } }\nsink { Consol { } }\ntransform { }\n'

/** What reads and checks, then what is refused: nothing of it starts or ends anything. */
export const v2Calls: readonly V2Call[] = [
  {
    why: 'launcher profiles',
    ...{ method: 'GET', path: '/executor/v2/profiles', given: 'nothing', status: 200 },
    answer: ({ items }) => {
      const usual = list(items).filter(({ isDefault }) => isDefault)
      assert(usual.length === 2 && usual.every(({ available }) => available), 'one for each engine')
    }
  },
  {
    why: 'a check of a job that can be started',
    ...{ method: 'POST', path: '/executor/v2/jobs/check', given: 'config files', status: 200 },
    body: JOB,
    answer: ({ ok, findings, argv }) => {
      assert(ok === true, JSON.stringify(findings))
      assert(String(argv).includes(',--deploy-mode,client,'), String(argv))
    }
  },
  {
    why: 'a check of a config with a fault',
    ...{ method: 'POST', path: '/executor/v2/jobs/check', given: 'nothing', status: 200 },
    body: { engine: 'spark', taskName: 'checked', config: BROKEN },
    answer: ({ ok, findings }) => {
      assert(ok === false)
      const found = list(findings).find(({ code }) => code === 'UNKNOWN_PLUGIN')
      assert(found?.line === 3 && found.suggestion === 'Console', JSON.stringify(findings))
      assert(found.lineText === 'sink { Consol { } }')
    }
  },
  {
    why: 'a check of a job for a queue that the ResourceManager does not have',
    ...{ method: 'POST', path: '/executor/v2/jobs/check', given: 'config files', status: 200 },
    body: { ...JOB, queue: 'nobody' },
    answer: ({ ok, findings }) => {
      const codes = list(findings).map(({ code }) => code)
      assert(ok === false && codes.includes('UNKNOWN_QUEUE'), JSON.stringify(findings))
    }
  },
  {
    why: 'a running job among the jobs',
    ...{ method: 'GET', path: '/executor/v2/jobs?state=RUNNING&name=testSpark', given: RUNNING },
    status: 200,
    answer: ({ items }, { applicationId, jobId }) => {
      const job = list(items).find(({ id }) => id === jobId)
      assert(job?.applicationId === applicationId && job?.outcome === null)
    }
  },
  {
    why: 'all of a running job',
    ...{ method: 'GET', path: '/executor/v2/jobs/{jobId}', given: RUNNING, status: 200 },
    answer: (job, { applicationId }) => {
      assert(job.state === 'RUNNING' && job.applicationId === applicationId)
      assert((job.yarn as { state?: string }).state === 'RUNNING')
      assert(list(job.warnings).length === 0, JSON.stringify(job.warnings))
      assert(list(job.attempts).length === 1)
    }
  },
  {
    why: 'what happened to a running job',
    ...{ method: 'GET', path: '/executor/v2/jobs/{jobId}/events', given: RUNNING, status: 200 },
    answer: ({ items }) => {
      const whats = list(items).map(({ what }) => what)
      for (const what of ['ACCEPTED', 'LAUNCHING', 'RUNNING']) assert(whats.includes(what), what)
    }
  },
  {
    why: 'the log of a running job',
    ...{ method: 'GET', path: '/executor/v2/jobs/{jobId}/log', given: RUNNING, status: 200 },
    answer: ({ items, complete }, { applicationId }) => {
      assert(complete === false)
      const own = list(items).filter(({ source }) => String(source).startsWith('launcher/'))
      const named = own.some(({ text }) => String(text).includes(String(applicationId)))
      assert(named, 'its launcher names the application')
    }
  },
  {
    why: 'the last line of the log of a running job',
    ...{ method: 'GET', path: '/executor/v2/jobs/{jobId}/log?tail=1', given: RUNNING, status: 200 },
    answer: ({ items }) => assert(list(items).length === 1)
  },
  {
    why: 'why a running job waits or has failed: it does not, and has not',
    ...{ method: 'GET', path: '/executor/v2/jobs/{jobId}/diagnosis', given: RUNNING, status: 200 },
    answer: ({ state, outcome, unread }) => {
      assert(state === 'RUNNING' && outcome === null && unread === null)
    }
  },
  {
    why: 'a running application among those that live on the cluster',
    ...{ method: 'GET', path: '/executor/v2/applications', given: RUNNING, status: 200 },
    answer: ({ items }, { applicationId, jobId }) => {
      const app = list(items).find(({ id }) => id === applicationId)
      assert(app?.jobId === jobId && app?.name === 'testSpark' && app?.state === 'RUNNING')
    }
  },
  {
    why: 'a running application',
    ...{ method: 'GET', path: '/executor/v2/applications/{applicationId}', given: RUNNING },
    status: 200,
    answer: ({ id, finalStatus }, { applicationId }) => {
      assert(id === applicationId && finalStatus === 'UNDEFINED')
    }
  },
  {
    why: 'a place behind the end of a log',
    ...{ method: 'GET', path: '/executor/v2/jobs/{jobId}/log?from=900000000000000' },
    ...{ given: RUNNING, status: 416, answer: refused(/the log ends at \d+/) }
  },
  {
    why: 'a job that is not over cannot be run once more',
    ...{ method: 'POST', path: '/executor/v2/jobs/{jobId}/rerun', given: RUNNING },
    ...{ status: 409, answer: refused(/in use/) }
  },
  ...(['', '/events', '/config', '/log', '/diagnosis'] as const).map((part) =>
    refusal(`no such job: ${part}`, 'GET', `/executor/v2/jobs/${NOBODY}${part}`, 404, /job/)
  ),
  refusal('no such job to stop', 'POST', `/executor/v2/jobs/${NOBODY}/stop`, 404, /job/),
  refusal('an id that is none', 'GET', '/executor/v2/jobs/7', 400, /32 digits/),
  refusal('a state that is none', 'GET', '/executor/v2/jobs?state=DONE', 400, /FINISHED/),
  refusal(
    'an application that the ResourceManager does not know',
    ...(['GET', '/executor/v2/applications/application_1_9999', 404, /application_1_9999/] as const)
  ),
  ...(
    [
      ['an unknown key', { ...JOB, colour: 'red' }, /colour/],
      ['a config twice', { ...JOB, config: BROKEN }, /either config or configFile/],
      ['a profile that is none', { ...JOB, profile: 'livy' }, /profile/],
      ['a master that is local', { ...JOB, master: 'local[2]' }, /master/]
    ] as const
  ).map(([why, body, says]) => ({
    ...refusal(why, 'POST', '/executor/v2/jobs', 400, says),
    body
  }))
]

function refusal(
  why: string,
  method: V2Call['method'],
  path: string,
  status: number,
  says: RegExp
): V2Call {
  return { why, method, path, status, given: 'nothing', answer: refused(says) }
}

/** Problem details (RFC 9457) that say what is wrong. */
function refused(says: RegExp): V2Call['answer'] {
  return (problem) => {
    assert(/^[A-Z0-9_]+$/.test(String(problem.code)), `a code: ${problem.code}`)
    assert(says.test(JSON.stringify(problem)), `${says} in ${JSON.stringify(problem)}`)
  }
}

function list(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  assert(Array.isArray(value), 'a list')
  return value
}
