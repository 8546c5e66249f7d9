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

t.test('what it says of YARN, and only commands that can work', async (t) => {
  const sandbox = banner({ ...facts, yarn: 'sandbox' })
  t.match(sandbox, /SANDBOX: no YARN is configured/)
  t.strictSame(commands(sandbox), ['# 1', '# 2', '# 3', '# 4', '# 5'])
  const real = banner({ ...facts, yarn: 'real' })
  t.notMatch(real, /SANDBOX|NO YARN/)
  t.strictSame(commands(real), ['# 1', '# 2', '# 3', '# 4', '# 5'])
  const none = banner({ ...facts, yarn: 'none' })
  t.match(none, /NO YARN: YARN_RM_URL is not set/)
  t.match(none, /Two commands to paste/)
  t.strictSame(commands(none), ['# 1', '# 2'])
})

t.test('a password of any kind stays one word for bash', async (t) => {
  const text = banner({ ...facts, yarn: 'none', password: `it's "$x"` })
  t.match(text, `-d '{"username":"admin","password":"it'\\''s \\"$x\\""}'`)
})
