import { join } from 'node:path'
import t from 'tap'
import { eventsContract } from '../support/events-contract.ts'
import { jobStoreContract, type OpenStore } from '../support/job-store-contract.ts'
import { keysContract } from '../support/keys-contract.ts'
import { listContract } from '../support/list-contract.ts'
import { outcomeContract } from '../support/outcome-contract.ts'
import { retentionContract } from '../support/retention-contract.ts'
import { openStore } from '../support/sqlite-store.ts'

const open: OpenStore = async (t, now) => {
  const path = join(t.testdir({}), 'executor.sqlite')
  const store = await openStore(t, { path, now })
  return {
    store,
    reopen: async () => {
      await store.close()
      return await openStore(t, { path, now })
    }
  }
}

jobStoreContract(t, 'SQLite', open)
keysContract(t, 'SQLite', open)
listContract(t, 'SQLite', open)
outcomeContract(t, 'SQLite', open)
eventsContract(t, 'SQLite', open)
retentionContract(t, 'SQLite', open)
