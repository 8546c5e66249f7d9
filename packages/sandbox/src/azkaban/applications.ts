import {
  type ResourceManagerClient,
  resourceManagerClient
} from '../launchers/resource-manager-client.ts'
import { filled } from './job-text.ts'
import type { JobStep } from './options.ts'

type SubmitStep = Extract<JobStep, { readonly kind: 'submit-application' }>

/** Where jobs start their applications. */
export interface Applications {
  /** Starts one as a YARN client does; its id, or undefined when the job has ended meanwhile. */
  submit(step: SubmitStep, job: SubmittingJob): Promise<string | undefined>
  report(id: string, signal: AbortSignal): Promise<ApplicationState>
  /** The job that started it in client mode has ended. */
  release(id: string): void
  /** Gives up whatever is going on. */
  close(): void
}

export interface SubmittingJob {
  readonly user: string
  readonly print: (text: string) => void
  /** Ends with the job. */
  readonly signal: AbortSignal
}

export interface ApplicationState {
  readonly state: string
  readonly finalStatus: string
}

/** Applications in the ResourceManager stand-in at `yarnUrl`; without one ids are made up. */
export function createApplications(yarnUrl: string | undefined): Applications {
  return yarnUrl === undefined ? madeUp() : submitted(new URL(yarnUrl).host)
}

function madeUp(): Applications {
  const started = Date.now()
  let last = 0
  return {
    async submit(_step, { print }) {
      const id = `application_${started}_${String(++last).padStart(4, '0')}`
      announce(id, print)
      return id
    },
    report: async () => ({ state: 'RUNNING', finalStatus: 'UNDEFINED' }),
    release: () => {},
    close: () => {}
  }
}

function submitted(address: string): Applications {
  const closing = new AbortController()
  // One for each job: a signal made of others is not to be made again and again.
  const clients = new WeakMap<AbortSignal, ResourceManagerClient>()

  function clientOf(user: string, signal: AbortSignal): ResourceManagerClient {
    const signals = signal === closing.signal ? [signal] : [signal, closing.signal]
    const known = clients.get(signal)
    const client =
      known ??
      resourceManagerClient({ address, user, onRetry: () => {}, signal: AbortSignal.any(signals) })
    clients.set(signal, client)
    return client
  }

  return {
    async submit(step, { user, print, signal }) {
      const { name = 'Waterdrop', applicationType = 'SPARK' } = step
      const own = clientOf(user, signal)
      const { id } = await own.newApplication()
      if (signal.aborted) return undefined
      print(filled(`{log4j} INFO yarn.Client: Submitting application ${id} to ResourceManager`))
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
      announce(id, print)
      return id
    },
    async report(id, signal) {
      const found = await clientOf('azkaban', signal).report(id)
      return found ?? { state: 'KILLED', finalStatus: 'KILLED' }
    },
    release(id) {
      clientOf('azkaban', closing.signal)
        .unregister(id, 'SUCCEEDED')
        .catch(() => {})
    },
    close: () => closing.abort()
  }
}

/** As the YARN client's log says it. */
function announce(id: string, print: (text: string) => void): void {
  print(filled(`{log4j} INFO impl.YarnClientImpl: Submitted application ${id}`))
}
