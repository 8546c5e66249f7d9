import { ConfigError, loadConfig } from '@scheduler-task/service-base/load-config'
import t from 'tap'
import { environment, sandboxParts } from '../src/config.ts'

t.test('the sandbox takes the place of what is not configured, never of what is', async (t) => {
  const cases: [Record<string, string>, boolean][] = [
    [{}, true],
    [{ YARN_RM_URL: 'http://rm:8088' }, false],
    [{ AZKABAN_URL: 'https://azkaban:8443' }, false],
    [{ AZKABAN_URL: 'https://azkaban:8443', SANDBOX: 'yarn' }, true],
    [{ SANDBOX: 'azkaban' }, false],
    [{ SANDBOX: 'azkaban, yarn' }, true],
    [{ YARN_RM_URL: 'http://rm:8088', SANDBOX: 'yarn' }, false]
  ]
  for (const [variables, yarn] of cases) {
    const config = loadConfig(environment, variables)
    t.strictSame(sandboxParts(config), { yarn }, JSON.stringify(variables))
  }
})

t.test('a stand-in that there is not is refused by name', async (t) => {
  t.throws(() => loadConfig(environment, { SANDBOX: 'yarn,hdfs' }), {
    constructor: ConfigError,
    message: /SANDBOX/
  })
})
