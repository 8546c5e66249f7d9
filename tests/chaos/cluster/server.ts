import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type SandboxYarn, startYarn } from '@scheduler-task/sandbox/yarn/yarn'
import type { Orders, PlayedApplication } from './orders.ts'

// The ResourceManagers of a run as a process of their own, and what the harness asks of them. It prints its addresses
// once it is ready and ends with SIGTERM.

/** Often enough that no application comes and goes unseen. */
const SEEN_EVERY_MS = 10
const MAX_BODY_BYTES = 1024 * 1024

const yarn = await startYarn()
const standby = await yarn.addStandby()
/** All that ever were: also those that the ResourceManager was made to forget. */
const seen = new Map<string, SandboxYarn['applications'][number]>()
const forgotten = new Set<string>()

function look(): void {
  for (const application of yarn.applications) seen.set(application.id, application)
}
setInterval(look, SEEN_EVERY_MS)

function history(): PlayedApplication[] {
  look()
  return [...seen.values()].map((one) => ({
    id: one.id,
    name: one.name,
    tags: one.tags,
    state: one.publicState,
    finalStatus: one.finalStatus,
    startedTime: one.startedTime,
    finishedTime: one.finishedTime,
    isForgotten: forgotten.has(one.id)
  }))
}

const orders: Orders = {
  down: () => yarn.down(),
  up: () => yarn.up(),
  noActive: async () => {
    yarn.setRole('noActive')
    standby.setRole('noActive')
  },
  failover: async () => {
    yarn.failover()
    if (yarn.role === 'active') {
      standby.setRole('active')
      yarn.setRole('standby', standby.url)
    } else {
      yarn.setRole('active')
      standby.setRole('standby', yarn.url)
    }
  },
  // Started again by its supervisor; the state store has everything, and applications went on meanwhile.
  restart: async () => {
    yarn.failover()
    yarn.setRole('active')
    standby.setRole('standby', yarn.url)
  },
  forget: async (share) => {
    look()
    const { applications } = yarn
    // Scattered over them: 37 and 100 have no common divisor.
    const lost = applications.filter((_, index) => (index * 37) % 100 < Number(share) * 100)
    for (const { id } of lost) forgotten.add(id)
    yarn.failover({ lost: lost.map(({ id }) => id) })
  },
  faults: async (faults) => {
    yarn.faults.set(faults ?? [])
    standby.faults.set(faults ?? [])
  }
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = request.url ?? ''
  if (request.method === 'GET' && path === '/history') return reply(response, 200, history())
  const order = orders[path.slice(1) as keyof Orders] as
    | ((value: unknown) => Promise<void>)
    | undefined
  if (request.method !== 'POST' || !order) return reply(response, 404, { error: 'no such order' })
  let text = ''
  for await (const chunk of request.setEncoding('utf8')) {
    text += chunk
    if (text.length > MAX_BODY_BYTES) return reply(response, 413, { error: 'too large' })
  }
  await order(text === '' ? undefined : JSON.parse(text))
  reply(response, 200, {})
}

function reply(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify(value))
}

const control = createServer((request, response) => {
  answer(request, response).catch((error: unknown) =>
    reply(response, 500, { error: String(error) })
  )
})
control.listen(0, '127.0.0.1', () => {
  const { port } = control.address() as AddressInfo
  const urls = [yarn.url, standby.url, `http://127.0.0.1:${port}`]
  console.log(`cluster ${JSON.stringify(urls)}`)
})
process.on('SIGTERM', () => process.exit(0))
