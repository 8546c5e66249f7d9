import { ConfigError, loadConfig } from '@scheduler-task/service-base/load-config'
import t from 'tap'
import { environment, type Kind, systemsOf } from '../src/config.ts'

t.test('the sandbox takes the place of what is not configured, never of what is', async (t) => {
  const rm = { YARN_RM_URL: 'http://rm:8088' }
  const azkabanUrl = { AZKABAN_URL: 'https://azkaban:8443' }
  const cases: [Record<string, string>, yarn: Kind, azkaban: Kind][] = [
    [{}, 'sandbox', 'sandbox'],
    [rm, 'real', 'none'],
    [azkabanUrl, 'none', 'real'],
    [{ ...rm, ...azkabanUrl }, 'real', 'real'],
    [{ ...azkabanUrl, SANDBOX: 'yarn' }, 'sandbox', 'real'],
    [{ ...rm, SANDBOX: 'azkaban' }, 'real', 'sandbox'],
    [{ SANDBOX: 'azkaban' }, 'none', 'sandbox'],
    [{ SANDBOX: 'azkaban, yarn' }, 'sandbox', 'sandbox'],
    [{ ...rm, SANDBOX: 'yarn' }, 'real', 'none']
  ]
  for (const [variables, yarn, azkaban] of cases) {
    const config = loadConfig(environment, variables)
    t.strictSame(systemsOf(config), { yarn, azkaban }, JSON.stringify(variables))
  }
})

t.test('a stand-in that there is not is refused by name', async (t) => {
  t.throws(() => loadConfig(environment, { SANDBOX: 'yarn,hdfs' }), {
    constructor: ConfigError,
    message: /SANDBOX/
  })
})
