import t from 'tap'
import { attemptSecrets } from '../../src/adapters/attempt-secrets.ts'

t.test('the secrets of an attempt are those of its config and of its environment', async (t) => {
  const path = t.testdir({ config: 'source { db { password = "of-the-config" } }' })
  const secrets = await attemptSecrets({ path }, { VAULT_TOKEN: 'of-the-launchers' })
  t.strictSame([...secrets], ['of-the-launchers', 'of-the-config'])
})

t.test(
  'without a config there are none; one that cannot be read is not taken for none',
  async (t) => {
    t.strictSame(await attemptSecrets({ path: t.testdir() }, {}), [])
    // As good as a process without a free descriptor.
    const path = t.testdir({ config: {} })
    await t.rejects(attemptSecrets({ path }, {}), { code: 'EISDIR' })
  }
)
