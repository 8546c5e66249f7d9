import type { SandboxYarn } from '@scheduler-task/sandbox/yarn/yarn'
import { configuredLaunching } from '../../src/configured-launching.ts'
import type { Launching, LaunchRequest } from '../../src/domain/launching.ts'
import { configOf, type Surroundings } from './executor.ts'

export type GatedLaunching = Readonly<{
  launching: Launching
  /** Attempts that were started, in order, whether or not they have been let through. */
  started: readonly string[]
  /** From now on what is started, or was, gets its application. */
  open: () => void
}>

/** Launchers without a process, whose applications run at once: hundreds of them cost nothing. */
export async function gatedLaunching({ yarn, variables }: Surroundings): Promise<GatedLaunching> {
  const requests = new Map<string, LaunchRequest>()
  const applications = new Map<string, string>()
  const started: string[] = []
  const { promise: opened, resolve: open } = gate()
  const exit = { kind: 'exited', code: 0 } as const
  const real = await configuredLaunching(configOf(variables))
  const launching: Launching = {
    ...real,
    prepare: async (request) => {
      requests.set(request.attemptId, request)
      return {
        attemptId: request.attemptId,
        profile: 'gated',
        argv: ['gated'],
        environment: {},
        holdsDriver: false,
        configDigest: 'sha256:0',
        renderedDigest: 'sha256:0',
        directory: `/nonexistent/${request.attemptId}`
      }
    },
    start: async ({ attemptId }) => {
      started.push(attemptId)
      await opened
      applications.set(attemptId, runApplication(yarn, requests.get(attemptId)))
      return { pid: 2 ** 22 + 1, startTime: '0', bootId: '' }
    },
    async *watch({ attemptId }) {
      const applicationId = applications.get(attemptId) ?? ''
      yield { kind: 'application-id', applicationId, confirmed: true }
      yield { kind: 'ended', exit }
    },
    exitOf: async () => exit,
    fence: async () => 'free',
    void: async () => true,
    end: async () => {},
    clean: async () => {},
    failureOf: async () => undefined,
    fatalErrorOf: async () => undefined
  }
  return { launching, started, open }
}

function runApplication(yarn: SandboxYarn, request: LaunchRequest | undefined): string {
  if (!request) throw new Error('it was not prepared')
  const id = yarn.submit({ name: request.taskName, tags: request.tags })
  yarn.advance(id, 'RUNNING')
  return id
}

function gate() {
  let resolve = () => {}
  const promise = new Promise<void>((done) => {
    resolve = done
  })
  return { promise, resolve }
}
