import { type IncomingMessage, request } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'

/** What a launcher asks of `GET /ws/v1/cluster/apps/{id}`. */
export type ApplicationReport = {
  state: string
  finalStatus: string
  diagnostics: string
  queue: string
  user: string
  startedTime: number
  trackingUrl: string
  amHostHttpAddress?: string
  amRPCAddress?: string
}

/** What an application is to be; `playedAs` says how the sandbox plays its ApplicationMaster. */
export type Submission = {
  id: string
  name: string
  type: string
  queue: string
  tags: string[]
  maxAttempts: number | undefined
  memoryMb: number
  command: string
  playedAs: Record<string, unknown>
}

/** The ResourceManager said no, or the application ended before it was accepted. */
export class SubmissionRefused extends Error {
  override readonly name = 'SubmissionRefused'
}

export type ResourceManagerClient = ReturnType<typeof resourceManagerClient>

/** No answer that a real client could have got by RPC: it would not even notice. */
class Unusable extends Error {
  override readonly name = 'Unusable'
}

type Answer = { status: number; body: string }
type Opened = { response: IncomingMessage; release: () => void }

const TIMEOUT_MS = 30_000
const MAX_BODY_BYTES = 1024 * 1024
/** yarn.resourcemanager.connect.max-wait.ms; a real client goes on asking as long. */
const CONNECT_LIMIT_MS = 900_000
const RETRY_MS = 1000
const REOPEN_MS = 50
export const FINAL_STATES = ['FINISHED', 'FAILED', 'KILLED']

/**
 * Client of the ResourceManager for the stand-ins, over `node:http` alone so that a launcher starts
 * quickly. Calls without a usable answer are repeated each second for 15 minutes.
 * @param onRetry called before each repetition with the number of tries
 */
export function resourceManagerClient(options: {
  address: string
  user: string
  onRetry: (tried: number) => void
  /** Ends whatever is going on, with an AbortError. */
  signal?: AbortSignal
}) {
  const { address, user, onRetry, signal } = options
  const abort = signal === undefined ? {} : { signal }
  const base = `http://${address}`

  async function call(method: string, path: string, body?: unknown): Promise<Answer> {
    const started = Date.now()
    for (let tried = 0; ; tried++) {
      try {
        const answer = await send(method, path, body)
        if (isUsable(method, answer)) return answer
        throw new Unusable(`${method} ${path}: ${answer.status} ${answer.body.slice(0, 100)}`)
      } catch (error) {
        const passing = error instanceof Unusable || (error instanceof Error && 'code' in error)
        if (signal?.aborted || !passing || Date.now() - started > CONNECT_LIMIT_MS) throw error
        onRetry(tried)
        await delay(RETRY_MS, undefined, abort)
      }
    }
  }

  /** Resolves with the response's head; the time limit ends there unless the caller keeps it. */
  function open(options: { method: string; path: string; body?: unknown }): Promise<Opened> {
    const { method, path, body } = options
    const text = typeof body === 'string' || body === undefined ? body : JSON.stringify(body)
    const url = new URL(path, base)
    url.searchParams.set('user.name', user)
    return new Promise((resolve, reject) => {
      const outgoing = request(url, { method, agent: false, ...abort })
      const timer = setTimeout(
        () => outgoing.destroy(new Unusable(`${path}: timed out`)),
        TIMEOUT_MS
      )
      const release = () => clearTimeout(timer)
      outgoing.setHeader('user-agent', 'sandbox-launcher')
      outgoing.on('close', release)
      outgoing.on('response', (response) => resolve({ response, release })).on('error', reject)
      if (text !== undefined) {
        const type = typeof body === 'string' ? 'text/plain' : 'application/json'
        outgoing.setHeader('content-type', type)
      }
      outgoing.end(text)
    })
  }

  async function send(method: string, path: string, body?: unknown): Promise<Answer> {
    const { response } = await open({ method, path, body })
    let text = ''
    for await (const chunk of response.setEncoding('utf8')) {
      text += chunk
      if (text.length > MAX_BODY_BYTES) throw new Unusable(`${path}: answer is too large`)
    }
    return { status: response.statusCode ?? 0, body: text }
  }

  async function report(id: string): Promise<ApplicationReport | undefined> {
    const answer = await call('GET', `/ws/v1/cluster/apps/${id}`)
    if (answer.status === 404) return undefined
    const { app } = JSON.parse(answer.body)
    // The RPC that real clients use names the proxy before REST does.
    return { trackingUrl: `${base}/proxy/${id}/`, ...app }
  }

  return {
    address,
    report,

    /** An id for an application; the ResourceManager does not know it until it is submitted. */
    async newApplication(): Promise<{ id: string; maxMemoryMb: number }> {
      const answer = await call('POST', '/ws/v1/cluster/apps/new-application')
      if (answer.status !== 200) throw new Error(`new-application: ${answer.status}`)
      const body = JSON.parse(answer.body)
      return {
        id: body['application-id'],
        maxMemoryMb: body['maximum-resource-capability']?.memory ?? 8192
      }
    },

    /**
     * Submits, and waits until the application has left the states before ACCEPTED.
     * @param onKnown called as soon as the ResourceManager knows the application
     */
    async submit(submission: Submission, onKnown: () => void = () => {}): Promise<void> {
      const answer = await call('POST', '/ws/v1/cluster/apps', submissionBody(submission))
      // Sent twice, it is refused the second time, but known.
      const known = answer.status === 202 || (await report(submission.id)) !== undefined
      if (!known) throw new SubmissionRefused(refusalOf(answer))
      onKnown()
      for (;;) {
        const current = await report(submission.id)
        const state = current?.state ?? 'NEW'
        if (state === 'FAILED' || (state === 'KILLED' && current)) {
          throw new SubmissionRefused(current?.diagnostics ?? '')
        }
        if (!['NEW', 'NEW_SAVING', 'SUBMITTED'].includes(state)) return
        await delay(50, undefined, abort)
      }
    },

    /** Names of all queues. */
    async queues(): Promise<string[]> {
      const { body } = await call('GET', '/ws/v1/cluster/scheduler')
      return [...body.matchAll(/"queueName":"([^"]*)"/g)].map(([, name = '']) => name)
    },

    async kill(id: string): Promise<void> {
      await call('PUT', `/ws/v1/cluster/apps/${id}/state`, { state: 'KILLED' })
    },

    /** The ApplicationMaster unregisters now. */
    async unregister(id: string, finalStatus: string, diagnostics = ''): Promise<void> {
      await call('POST', `/sandbox/apps/${id}/unregister`, { finalStatus, diagnostics })
    },

    /** Appends to a file of the ApplicationMaster's container. */
    async appendLog(id: string, file: string, text: string): Promise<void> {
      await call('POST', `/sandbox/apps/${id}/logs/${encodeURIComponent(file)}`, text)
    },

    /**
     * Is the driver of a client-mode application from now on: the application lives as long as this
     * connection. One that breaks is opened again until the ResourceManager says that all is over.
     * @param onState called with every state, up to a final one
     * @returns a function that lets go of the connection
     */
    attachDriver(id: string, onState: (state: string) => void): () => void {
      let over = false
      let release = () => {}
      const tell = (state: string) => {
        over ||= FINAL_STATES.includes(state)
        onState(state)
      }
      const hold = async () => {
        let seen = false
        while (!over) {
          const current = await report(id)
          seen ||= current !== undefined
          const state = current?.state ?? (seen ? 'KILLED' : 'NEW')
          if (FINAL_STATES.includes(state)) return tell(state)
          await readDriverLines(id, tell, (close) => {
            release = close
          }).catch(() => {})
          await delay(REOPEN_MS)
        }
      }
      hold().catch(() => onState('FAILED'))
      return () => {
        over = true
        release()
      }
    }
  }

  /** Reads `{"state":…}` lines until the connection ends, in whatever way. */
  async function readDriverLines(
    id: string,
    tell: (state: string) => void,
    onOpen: (close: () => void) => void
  ): Promise<void> {
    const { response, release } = await open({ method: 'GET', path: `/sandbox/apps/${id}/driver` })
    release()
    if (response.statusCode !== 200) return void response.destroy()
    onOpen(() => response.destroy())
    let rest = ''
    for await (const text of response.setEncoding('utf8')) {
      const lines = (rest + text).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) tell(JSON.parse(line).state)
    }
  }
}

/** Whether a real client could have got it: it uses RPC, and would not notice faults of REST. */
function isUsable(method: string, { status, body }: Answer): boolean {
  if (method === 'GET' ? status !== 200 && status !== 404 : status >= 300 && status !== 400)
    return false
  try {
    JSON.parse(body === '' && method !== 'GET' ? '{}' : body)
    return true
  } catch {
    return false
  }
}

function submissionBody(submission: Submission): Record<string, unknown> {
  const { id, name, type, queue, tags, maxAttempts, memoryMb, command, playedAs } = submission
  return {
    'application-id': id,
    'application-name': name,
    'application-type': type,
    queue,
    ...(tags.length > 0 && { 'application-tags': { tag: tags } }),
    ...(maxAttempts !== undefined && { 'max-app-attempts': maxAttempts }),
    resource: { memory: memoryMb, vCores: 1 },
    'am-container-spec': {
      commands: { command },
      environment: { entry: [{ key: 'SANDBOX_AM', value: JSON.stringify(playedAs) }] }
    }
  }
}

/** Message of a RemoteException, without the class that the REST layer puts in front. */
function refusalOf(answer: Answer): string {
  try {
    return JSON.parse(answer.body).RemoteException.message.replace(/^.*Exception: /s, '')
  } catch {
    return `HTTP ${answer.status}`
  }
}
