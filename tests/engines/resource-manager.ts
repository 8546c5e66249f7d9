import { request } from 'undici'
import { z } from 'zod'

const info = z.object({ clusterInfo: z.object({ haState: z.string() }) })
const nodes = z.object({ nodes: z.object({ node: z.array(z.unknown()).optional() }).nullable() })
const application = z.object({
  id: z.string(),
  name: z.string(),
  user: z.string(),
  queue: z.string(),
  state: z.string(),
  finalStatus: z.string(),
  applicationType: z.string(),
  applicationTags: z
    .string()
    .default('')
    .transform((tags) => tags.split(',').filter((tag) => tag !== ''))
})
const newApplication = z.object({ 'application-id': z.string() })
const one = z.object({ app: application })
const many = z.object({ apps: z.object({ app: z.array(application).optional() }).nullable() })

/** An application as the ResourceManager itself describes it. */
export type Application = z.output<typeof application>

/** The ResourceManager asked directly, without any code of the product in between. */
export class ResourceManager {
  readonly url: string

  /** @param url e.g. `http://127.0.0.1:21088` */
  constructor(url: string) {
    this.url = url
  }

  /** Whether it is active and has a running node. Throws while it does not answer. */
  async isReady(): Promise<boolean> {
    const { clusterInfo } = info.parse(await this.#get('info'))
    if (clusterInfo.haState !== 'ACTIVE') return false
    const running = nodes.parse(await this.#get('nodes?states=RUNNING'))
    return (running.nodes?.node?.length ?? 0) > 0
  }

  async app(id: string): Promise<Application> {
    return one.parse(await this.#get(`apps/${id}?deSelects=resourceRequests`)).app
  }

  /** All applications that have not ended. */
  async liveApps(): Promise<Application[]> {
    const states = 'NEW,NEW_SAVING,SUBMITTED,ACCEPTED,RUNNING'
    return (
      many.parse(await this.#get(`apps?deSelects=resourceRequests&states=${states}`)).apps?.app ??
      []
    )
  }

  /** All applications that it knows, ended ones too. */
  async allApps(): Promise<Application[]> {
    return many.parse(await this.#get('apps?deSelects=resourceRequests')).apps?.app ?? []
  }

  /** Asks for the application's end; 202 comes before it, so look at {@link app} afterwards. */
  async kill(id: string, user: string): Promise<void> {
    await this.#send('PUT', `apps/${id}/state?user.name=${user}`, { state: 'KILLED' })
  }

  /**
   * Submits an application without any engine: its ApplicationMaster is a `sleep` that never
   * registers, so it stays ACCEPTED. Answers its id.
   */
  async submitSleep(name: string, user: string): Promise<string> {
    const offered = await this.#send('POST', `apps/new-application?user.name=${user}`)
    const id = newApplication.parse(JSON.parse(offered))['application-id']
    await this.#send('POST', `apps?user.name=${user}`, {
      'application-id': id,
      'application-name': name,
      'application-type': 'YARN',
      'max-app-attempts': 1,
      resource: { memory: 256, vCores: 1 },
      'am-container-spec': {
        commands: { command: 'sleep 300 1><LOG_DIR>/stdout 2><LOG_DIR>/stderr' }
      }
    })
    return id
  }

  async #send(method: 'PUT' | 'POST', path: string, body?: unknown): Promise<string> {
    const { statusCode, body: answer } = await request(`${this.url}/ws/v1/cluster/${path}`, {
      method,
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...limits
    })
    const text = await answer.text()
    if (statusCode !== 200 && statusCode !== 202) {
      throw new Error(`${method} ${path}: ${statusCode} ${text}`)
    }
    return text
  }

  async #get(path: string): Promise<unknown> {
    const { statusCode, body } = await request(`${this.url}/ws/v1/cluster/${path}`, {
      headers: { accept: 'application/json' },
      ...limits
    })
    const text = await body.text()
    if (statusCode !== 200) throw new Error(`GET ${path}: ${statusCode} ${text}`)
    return JSON.parse(text)
  }
}

const limits = { headersTimeout: 10_000, bodyTimeout: 10_000 }
