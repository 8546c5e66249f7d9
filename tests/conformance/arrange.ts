import type { SandboxYarn } from '@scheduler-task/sandbox/yarn/yarn'
import type { Facts, Given } from './documented-call.ts'
import { until } from './until.ts'
import type { Answer, Door } from './world.ts'

/** Where calls are arranged: a door, and what the stand-in says of itself. */
export type Scene = { door: Door; yarn: SandboxYarn }

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

async function succeed(answer: Promise<Answer>): Promise<unknown> {
  const { body } = await answer
  if (body.statusCode !== 200) throw new Error(`not arranged: ${JSON.stringify(body)}`)
  return body.data
}
