import t from 'tap'
import { jobStoreContract } from '../support/job-store-contract.ts'
import { startPostgres } from '../support/postgres-server.ts'
import { openPostgresStore } from '../support/postgres-store.ts'

const postgres = await startPostgres(t)

jobStoreContract(t, 'PostgreSQL', async (t, now) => {
  const url = await postgres.createDatabase()
  const store = await openPostgresStore(t, url, { now })
  return {
    store,
    reopen: async () => {
      await store.close()
      return await openPostgresStore(t, url, { now })
    }
  }
})
