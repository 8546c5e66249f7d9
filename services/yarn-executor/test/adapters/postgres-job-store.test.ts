import { startPostgres } from '@scheduler-task/test-support/postgres-server'
import t from 'tap'
import { eventsContract } from '../support/events-contract.ts'
import { jobStoreContract, type OpenStore } from '../support/job-store-contract.ts'
import { keysContract } from '../support/keys-contract.ts'
import { listContract } from '../support/list-contract.ts'
import { outcomeContract } from '../support/outcome-contract.ts'
import { openPostgresStore } from '../support/postgres-store.ts'
import { retentionContract } from '../support/retention-contract.ts'

const postgres = await startPostgres(t)

const open: OpenStore = async (t, now) => {
  const url = await postgres.createDatabase()
  const store = await openPostgresStore(t, url, { now })
  return {
    store,
    reopen: async () => {
      await store.close()
      return await openPostgresStore(t, url, { now })
    }
  }
}

jobStoreContract(t, 'PostgreSQL', open)
keysContract(t, 'PostgreSQL', open)
listContract(t, 'PostgreSQL', open)
outcomeContract(t, 'PostgreSQL', open)
eventsContract(t, 'PostgreSQL', open)
retentionContract(t, 'PostgreSQL', open)
