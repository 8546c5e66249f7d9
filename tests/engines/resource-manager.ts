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

  /** Applications that bear the tag, finished ones too; an empty tag would mean all. */
  async appsTagged(tag: string): Promise<Application[]> {
    if (tag === '') throw new Error('An empty tag switches the filter off')
    const path = `apps?deSelects=resourceRequests&applicationTags=${encodeURIComponent(tag)}`
    return many.parse(await this.#get(path)).apps?.app ?? []
  }

  /** All applications that have not ended. */
  async liveApps(): Promise<Application[]> {
    const states = 'NEW,NEW_SAVING,SUBMITTED,ACCEPTED,RUNNING'
    return (
      many.parse(await this.#get(`apps?deSelects=resourceRequests&states=${states}`)).apps?.app ??
      []
    )
  }

  /** Asks for the application's end; 202 comes before it, so look at {@link app} afterwards. */
  async kill(id: string, user: string): Promise<void> {
    const { body } = await request(`${this.url}/ws/v1/cluster/apps/${id}/state?user.name=${user}`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: '{"state":"KILLED"}',
      ...limits
    })
    await body.dump()
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
