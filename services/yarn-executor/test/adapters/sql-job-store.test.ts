import { join } from 'node:path'
import t from 'tap'
import { jobStoreContract } from '../support/job-store-contract.ts'
import { openStore } from '../support/sqlite-store.ts'

jobStoreContract(t, 'SQLite', async (t, now) => {
  const path = join(t.testdir({}), 'executor.sqlite')
  const store = await openStore(t, { path, now })
  return {
    store,
    reopen: async () => {
      await store.close()
      return await openStore(t, { path, now })
    }
  }
})
