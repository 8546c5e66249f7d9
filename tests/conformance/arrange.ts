import type { SandboxAzkaban } from '@scheduler-task/sandbox/azkaban/azkaban'
import type { ProjectDefinition } from '@scheduler-task/sandbox/azkaban/options'
import type { SandboxYarn } from '@scheduler-task/sandbox/yarn/yarn'
import { until } from '@scheduler-task/test-support/until'
import type { Facts, Given } from './documented-call.ts'
import type { Answer, Door } from './world.ts'

const QUIET_FLOW = 'quiet'

/** The projects with a flow whose job `quiet` runs until it is killed and starts no application. */
export function withQuietFlow(projects: readonly ProjectDefinition[]): ProjectDefinition[] {
  const job = { id: QUIET_FLOW, program: [{ kind: 'hold' }] } as const
  return projects.map((project) => ({
    ...project,
    flows: [...project.flows, { id: QUIET_FLOW, jobs: [job] }]
  }))
}

/** Where calls are arranged: a door, and what the stand-ins say of themselves. */
export type Scene = { door: Door; yarn: SandboxYarn; azkaban: SandboxAzkaban }

/** Makes what a call needs, through the API itself. */
export async function arrange(given: Given, scene: Scene): Promise<Facts> {
  const { door } = scene
  switch (given) {
    case 'nothing':
    case 'config files':
      return {}
    case 'a directory c://test':
      await succeed(door.call('GET', '/file/mkdir?dirName=c://test'))
      return {}
    case 'a file c://test//test.txt':
      await succeed(door.call('GET', '/file/create?fileName=c://test//test.txt'))
      return {}
    case 'a running Spark application':
      return runningApplication(scene, 'spark', 'testSpark', 'application.spark.conf')
    case 'a running Flink application':
      return runningApplication(scene, 'flink', 'testFlink', 'application.conf')
    case 'an Azkaban session':
      return { sessionId: await logInToAzkaban(door) }
    case 'a running execution':
      return runningExecution(scene)
    case 'a running execution without an application':
      return startedExecution(scene, QUIET_FLOW)
    case 'an execution that has ended': {
      const facts = await runningExecution(scene)
      await succeed(door.call('POST', '/azkaban/stop', { body: facts }))
      return facts
    }
  }
}

async function runningApplication(
  { door, yarn }: Scene,
  engine: string,
  taskName: string,
  configFile: string
): Promise<Facts> {
  const id = await succeed(
    door.call('POST', `/executor/start/${engine}`, { body: { configFile, taskName } })
  )
  await until(() => yarn.applications.some((app) => app.id === id && app.state === 'RUNNING'))
  return { applicationId: String(id) }
}

/** An Azkaban session of the document's user. */
export async function logInToAzkaban(door: Door): Promise<string> {
  const body = { username: 'admin', password: 'admin' }
  const answer = JSON.parse(String(await succeed(door.call('POST', '/azkaban/login', { body }))))
  return answer['session.id']
}

/** An execution of the document's flow whose application runs on YARN. */
async function runningExecution(scene: Scene): Promise<Facts> {
  const { door, yarn } = scene
  const { sessionId, execId } = await startedExecution(scene, 'test')
  const body = { sessionId, execId, jobId: 'test' }
  let applicationId: unknown
  await until(async () => {
    applicationId = await succeed(door.call('POST', '/azkaban/getAppId', { body }))
    return yarn.applications.some((app) => app.id === applicationId && app.state === 'RUNNING')
  })
  return { sessionId, execId, applicationId: String(applicationId) }
}

/** Ends every execution that is under way, and its applications. */
export async function stopExecutions({ door, azkaban }: Scene): Promise<void> {
  const underWay = azkaban.executions.filter(({ status }) => !ENDED.has(status))
  if (underWay.length === 0) return
  const sessionId = await logInToAzkaban(door)
  for (const { execId } of underWay) {
    await succeed(door.call('POST', '/azkaban/stop', { body: { sessionId, execId } }))
  }
}

const ENDED: ReadonlySet<string> = new Set(['SUCCEEDED', 'FAILED', 'KILLED'])

async function startedExecution({ door, azkaban }: Scene, flow: string) {
  const sessionId = await logInToAzkaban(door)
  const started = await succeed(
    door.call('POST', '/azkaban/start', { body: { sessionId, project: 'test', flow } })
  )
  const { execid } = JSON.parse(String(started)) as { execid: number }
  await until(() => {
    const execution = azkaban.executions.find(({ execId }) => execId === execid)
    return execution?.jobs[0]?.status === 'RUNNING'
  })
  return { sessionId, execId: String(execid) }
}

async function succeed(answer: Promise<Answer>): Promise<unknown> {
  const { body } = await answer
  if (body.statusCode !== 200) throw new Error(`not arranged: ${JSON.stringify(body)}`)
  return body.data
}
