import { resourceManagerClient } from '../launchers/resource-manager-client.ts'
import type { Timers } from '../yarn/timers.ts'
import type { Applications } from './job-run.ts'
import { filled } from './job-text.ts'

/** Applications of jobs in the ResourceManager stand-in at `yarnUrl`; without one ids are made up. */
export function createApplications(yarnUrl: string | undefined, timers: Timers): Applications {
  return yarnUrl === undefined ? madeUp() : submitted(yarnUrl, timers)
}

function madeUp(): Applications {
  const started = Date.now()
  let last = 0
  return {
    async submit(_step, job) {
      const id = `application_${started}_${String(++last).padStart(4, '0')}`
      announce(id, job.print)
      return id
    },
    report: async () => ({ state: 'RUNNING', finalStatus: 'UNDEFINED' }),
    release: () => {}
  }
}

function submitted(yarnUrl: string, _timers: Timers): Applications {
  const client = (user: string) =>
    resourceManagerClient({ address: new URL(yarnUrl).host, user, onRetry: () => {} })
  const anybody = client('azkaban')
  return {
    async submit(step, job, signal) {
      const { name = 'Waterdrop', applicationType = 'SPARK' } = step
      const own = client(job.user)
      const { id } = await own.newApplication()
      if (signal.aborted) return undefined
      job.print(filled(`{log4j} INFO yarn.Client: Submitting application ${id} to ResourceManager`))
      await own.submit({
        id,
        name,
        type: applicationType,
        queue: 'default',
        tags: [],
        maxAttempts: 1,
        memoryMb: 512,
        command: 'java',
        playedAs: { kind: 'managed', finishAfterMs: null }
      })
      announce(id, job.print)
      return id
    },
    async report(id) {
      const found = await anybody.report(id)
      return found ?? { state: 'KILLED', finalStatus: 'KILLED' }
    },
    release(id) {
      anybody.unregister(id, 'SUCCEEDED').catch(() => {})
    }
  }
}

/** As the YARN client's log says it. */
function announce(id: string, print: (text: string) => void): void {
  print(filled(`{log4j} INFO impl.YarnClientImpl: Submitted application ${id}`))
}
