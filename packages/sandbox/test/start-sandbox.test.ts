import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { lastingDirectory } from '@scheduler-task/test-support/lasting-directory'
import t from 'tap'
import { loadConfig } from '../src/config.ts'
import { startSandbox } from '../src/start-sandbox.ts'

t.test('the folders that the environment names are made where they are missing', async (t) => {
  const folder = join(lastingDirectory(t), 'not/there/yet')
  const sandbox = await startSandbox(
    loadConfig({
      YARN_PORT: '0',
      NODE_MANAGER_PORT: '0',
      AZKABAN_PORT: '0',
      DATA_DIR: join(folder, 'data'),
      LAUNCHERS_DIR: join(folder, 'launchers'),
      FILE_ROOT: join(folder, 'files')
    })
  )
  t.teardown(() => sandbox.close())
  for (const made of [
    'files/application.conf',
    'launchers/waterdrop/bin/start-waterdrop-spark.sh'
  ]) {
    t.ok(existsSync(join(folder, made)), made)
  }

  const { 'session.id': session } = await asked(sandbox.azkabanUrl, {
    action: 'login',
    username: 'admin',
    password: 'admin'
  })
  const run = { ajax: 'executeFlow', project: 'test', flow: 'test', 'session.id': session ?? '' }
  t.match(
    await asked(`${sandbox.azkabanUrl}/executor`, run),
    { message: 'Execution submitted successfully with exec id 1' },
    'Azkaban answers as the interface document prints it'
  )
})

async function asked(url: string, form: Record<string, string>): Promise<Record<string, string>> {
  const answer = await fetch(url, { method: 'POST', body: new URLSearchParams(form) })
  return (await answer.json()) as Record<string, string>
}
