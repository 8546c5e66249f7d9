import type { IncomingMessage, ServerResponse } from 'node:http'
import { faultsReply, sendReply } from '../yarn/control-reply.ts'
import { createTimers } from '../yarn/timers.ts'
import { startWebServer } from '../yarn/web-server.ts'
import { type Answer, send } from './answer.ts'
import { createApplications } from './applications.ts'
import { type ExecutionControl, executionControl, type JobControl, jobControl } from './control.ts'
import { defaultProjects } from './default-projects.ts'
import { dialectOf } from './dialect.ts'
import { type ExecutionView, viewOf } from './execution-view.ts'
import { Executions, type ExecutorState } from './executions.ts'
import { playFault } from './fault-player.ts'
import { type AzkabanFault, createAzkabanFaults } from './faults.ts'
import { keepExecutions, revive } from './kept-executions.ts'
import { answerCall, sessionIdOf } from './login-servlet.ts'
import type { AzkabanOptions, AzkabanVersion } from './options.ts'
import { type Call, readCall } from './parameters.ts'
import { numbered } from './projects.ts'
import { type SeenRequest, SeenRequests } from './seen-requests.ts'
import { errorPage, ServerError } from './server-error.ts'
import type { Server } from './servlet.ts'
import { Sessions } from './sessions.ts'
import { createThreadedServer } from './thread-pool.ts'

export type { AzkabanFault, AzkabanOptions, AzkabanVersion, ExecutionView, SeenRequest }

export interface SandboxAzkaban {
  /** Base URL, without a slash at the end. */
  readonly url: string
  readonly version: AzkabanVersion
  /** All executions that are kept, oldest first, as they really are. */
  readonly executions: readonly ExecutionView[]
  /** The last 5000 requests, oldest first. */
  readonly requests: readonly SeenRequest[]
  readonly faults: { add(fault: AzkabanFault): void; clear(): void }
  /** `inactive` takes no more runs; `down` does not answer the web server. */
  executor: ExecutorState
  /** The newest attempt of a job; throws when there is no such job. */
  job(execId: number, nestedId: string): JobControl
  execution(execId: number): ExecutionControl
  forgetSessions(): void
  /**
   * The web server goes away and comes back on its port; sessions are gone. With `losesRuns` the
   * executor does so, too: it knows no run any more, and the jobs' processes live on.
   */
  restart(how?: { readonly losesRuns?: boolean }): Promise<void>
  /** Ends everything, running jobs too. */
  close(): Promise<void>
}

const megabyte = 1024 * 1024

/**
 * Starts a stand-in for Azkaban's web server and executor: log-in, executeFlow, status, logs, running
 * flows, cancel, and the history of a flow. Behaviour and texts: `contracts/azkaban.md`; jobs are
 * played, nothing is run.
 */
export async function startAzkaban(options: AzkabanOptions = {}): Promise<SandboxAzkaban> {
  const { host = '127.0.0.1', tls } = options
  const dialect = dialectOf(options)
  const timers = createTimers()
  const faults = createAzkabanFaults()
  const sessions = new Sessions(dialect.sessionTtlMs)
  const requests = new SeenRequests()
  const applications = createApplications(options.yarnUrl)
  const executions = new Executions({
    dialect,
    timers,
    applications,
    firstExecutionId: options.firstExecutionId ?? 1,
    dispatchDelayMs: options.dispatchDelayMs ?? 100,
    logChunkBytes: options.logChunkBytes ?? 5 * megabyte,
    logBackups: options.logBackups ?? 4,
    lostRunMs: options.lostRunMs,
    changed: () => kept?.touch()
  })
  const projects = numbered(options.projects ?? defaultProjects)
  const kept = options.stateFile ? keepExecutions(options.stateFile, executions, timers) : undefined
  for (const one of kept?.load() ?? []) executions.restore(one.execId, revive(one, projects))
  const server: Server = {
    dialect,
    scheme: tls ? 'https' : 'http',
    users: options.users ?? [{ name: 'admin', password: 'admin' }],
    projects,
    sessions,
    sessionCap: dialect.knowsSessionCap ? (options.sessionCap ?? Infinity) : Infinity,
    executions,
    faults
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.url === '/sandbox/faults') return sendReply(faultsReply(request, faults), response)
    const call = await readCall(request).catch((error: unknown) => thrown(error))
    if (call instanceof ServerError) return send(errorPage(call, '/'), { request, response })
    const seen = requests.add(call)
    response.once('finish', () => {
      seen.status = response.statusCode
    })
    const answer = () => answerOrPage(call, server)
    const fault = faults.take(ajaxOf(call))
    if (!fault) return send(await answer(), { request, response })
    seen.fault = fault.kind
    await playFault(fault, {
      request,
      response,
      path: call.path,
      loginPageBytes: dialect.loginPageBytes,
      timers,
      answer,
      loseSession: () => sessions.remove(sessionIdOf(call) ?? '')
    })
  }

  const web = await startWebServer({
    host,
    port: options.port ?? 0,
    scheme: server.scheme,
    handle,
    createServer: (listener) =>
      createThreadedServer({ threads: options.threads ?? 25, tls, handle: listener })
  })

  const entryOf = (execId: number) => {
    const entry = executions.find(execId)
    if (!entry) throw new Error(`no execution ${execId}`)
    return entry
  }

  return {
    url: web.url,
    version: dialect.version,
    get executions() {
      return executions.all().map(viewOf)
    },
    get requests() {
      return requests.all()
    },
    faults,
    get executor() {
      return executions.executor
    },
    set executor(state) {
      executions.executor = state
    },
    job: (execId, nestedId) => jobControl(entryOf(execId), nestedId),
    execution: (execId) => executionControl(entryOf(execId), executions),
    forgetSessions: () => sessions.clear(),
    async restart({ losesRuns = false } = {}) {
      await web.down()
      sessions.clear()
      if (losesRuns) executions.loseRuns()
      await web.up()
    },
    async close() {
      timers.close()
      applications.close()
      for (const { run } of executions.all())
        for (const job of run?.jobs ?? []) job.process.finish(137)
      kept?.save()
      await web.close()
    }
  }
}

/** `login` for the log-in, else the name of the `ajax` call. */
function ajaxOf({ parameters }: Call): string {
  return parameters.get('action') === 'login' ? 'login' : (parameters.get('ajax') ?? '')
}

async function answerOrPage(call: Call, server: Server): Promise<Answer> {
  try {
    return await answerCall(call, server)
  } catch (error) {
    return errorPage(thrown(error), call.path)
  }
}

function thrown(error: unknown): ServerError {
  if (error instanceof ServerError) return error
  throw error
}
