import { readFileSync } from 'node:fs'
import t from 'tap'
import { type Azkaban, AzkabanError } from '../../src/domain/azkaban.ts'
import { clientOf } from '../support/client.ts'
import { type Recording, recordings, startRecordedServer } from '../support/recordings.ts'

const EXPECTED = new URL('../fixtures/recorded/expected.txt', import.meta.url)

t.test('every recorded answer is read as what it means', async (t) => {
  const server = await startRecordedServer(t)
  const azkaban = clientOf(t, server.url)
  const read: string[] = []
  for (const recording of recordings()) {
    server.play(recording.answer)
    read.push(`${recording.name} ${await meaning(azkaban, recording)}`)
  }
  t.same(read, readFileSync(EXPECTED, 'utf8').trimEnd().split('\n'))
})

async function meaning(azkaban: Azkaban, recording: Recording): Promise<string> {
  try {
    return await asked(azkaban, recording)
  } catch (error) {
    if (!(error instanceof AzkabanError)) throw error
    const { reason, said, maybeDone, execId } = error
    const more = [said, execId && `execution ${execId}`, maybeDone && 'maybe done']
    return [reason, ...more.filter(Boolean)].join(', ')
  }
}

async function asked(azkaban: Azkaban, { path, form }: Recording): Promise<string> {
  if (path === '/status') {
    await azkaban.ping()
    return 'an Azkaban'
  }
  if (form.get('action') === 'login') {
    await azkaban.login({ username: 'u', password: 'p' })
    return 'a session'
  }
  const session = azkaban.session('s')
  const execId = Number(form.get('execid'))
  const names = { project: form.get('project') ?? '', flow: form.get('flow') ?? '' }
  switch (form.get('ajax')) {
    case 'executeFlow':
      return `started ${(await session.start(names)).execId}`
    case 'fetchexecflow': {
      const { status, jobs } = await session.execution(execId)
      return `${status}: ${jobs.map((job) => `${job.nestedId} ${job.status} ${job.attempt}`).join(', ')}`
    }
    case 'fetchExecJobLogs': {
      const jobId = form.get('jobId') ?? ''
      const range = { offset: Number(form.get('offset')), length: Number(form.get('length')) }
      const { offset, length } = await session.jobLog({ execId, jobId, ...range })
      return `bytes ${offset}+${length}`
    }
    case 'getRunning':
      return `running ${(await session.running(names)).execIds.join(' ') || 'none'}`
    case 'cancelFlow':
      await session.cancel(execId, { waitMs: 1000 })
      return 'cancelled'
    case 'fetchprojectflows':
      return `flows ${(await session.flows(names.project)).join(' ')}`
    case 'fetchFlowExecutions': {
      const listed = await session.executions(names)
      return `executions ${listed.map(({ execId, status }) => `${execId} ${status}`).join(', ')}`
    }
    default:
      throw new Error(`not a call of ours: ${path} ${form}`)
  }
}
