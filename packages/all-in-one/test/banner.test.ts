import t from 'tap'
import { banner } from '../src/banner.ts'

const facts = {
  address: 'http://127.0.0.1:8080',
  password: 'p',
  dataDir: '/data',
  seconds: '1.0',
  megabytes: 100
}
const commands = (text: string) => text.match(/^# \d/gm)

t.test('what it says of the systems, and only commands that can work', async (t) => {
  const sandbox = banner({ ...facts, systems: { yarn: 'sandbox', azkaban: 'sandbox' } })
  t.match(sandbox, /SANDBOX: no YARN and no Azkaban is configured/)
  t.match(sandbox, /set YARN_RM_URL and AZKABAN_URL/)
  t.strictSame(commands(sandbox), ['# 1', '# 2', '# 3', '# 4', '# 5'])
  const real = banner({ ...facts, systems: { yarn: 'real', azkaban: 'real' } })
  t.notMatch(real, /SANDBOX|NO YARN|NO AZKABAN/)
  t.strictSame(commands(real), ['# 1', '# 2', '# 3', '# 4', '# 5'])
  const one = banner({ ...facts, systems: { yarn: 'real', azkaban: 'none' } })
  t.match(one, /NO AZKABAN: AZKABAN_URL is not set, calls below \/azkaban/)
  t.notMatch(one, /NO YARN/)
  const none = banner({ ...facts, systems: { yarn: 'none', azkaban: 'sandbox' } })
  t.match(none, /SANDBOX: no Azkaban is configured/)
  t.match(none, /NO YARN: YARN_RM_URL is not set/)
  t.match(none, /Two commands to paste/)
  t.strictSame(commands(none), ['# 1', '# 2'])
})

t.test('a password of any kind stays one word for bash', async (t) => {
  const text = banner({
    ...facts,
    systems: { yarn: 'none', azkaban: 'none' },
    password: `it's "$x"`
  })
  t.match(text, `-d '{"username":"admin","password":"it'\\''s \\"$x\\""}'`)
})
