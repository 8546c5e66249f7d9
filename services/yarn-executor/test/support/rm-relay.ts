import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'
import { request } from 'undici'

type Made = { status: number; body: string }

export type RmRelay = {
  url: string
  /** Applications that the ResourceManager seems not to know: no list has them, their reports are 404. */
  hidden: Set<string>
  /** Missing in lists alone, as when a list was cut short. */
  unlisted: Set<string>
  /** What is answered in place of the ResourceManager; undefined: its own answer. */
  instead: (method: string, path: string) => Made | undefined
}

/** Stands between the service and a ResourceManager and changes some of its answers; launchers do not come this way. */
export async function startRmRelay(t: Test, rmUrl: string): Promise<RmRelay> {
  const relay: RmRelay = {
    url: '',
    hidden: new Set(),
    unlisted: new Set(),
    instead: () => undefined
  }

  async function answerTo(method: string, path: string, body: Buffer): Promise<Made> {
    const made = relay.instead(method, path)
    if (made) return made
    const id = /\/apps\/(application_\d+_\d+)/.exec(path)?.[1]
    if (id && relay.hidden.has(id)) return unknown(id)
    const answer = await request(rmUrl + path, {
      method: method as 'GET',
      headers: { accept: 'application/json', 'content-type': 'application/json' },
      ...(method === 'GET' ? {} : { body })
    })
    const text = await answer.body.text()
    const isList = /\/apps(\?|$)/.test(path)
    return { status: answer.statusCode, body: isList ? withoutHidden(text) : text }
  }

  function withoutHidden(text: string): string {
    const list = JSON.parse(text) as { apps: { app?: { id: string }[] } }
    const shown = list.apps.app?.filter(
      ({ id }) => !relay.hidden.has(id) && !relay.unlisted.has(id)
    )
    return JSON.stringify({ apps: shown && shown.length > 0 ? { app: shown } : {} })
  }

  const server = createServer(async (incoming, response) => {
    try {
      const parts: Buffer[] = []
      for await (const part of incoming) parts.push(part as Buffer)
      const { method = '', url = '' } = incoming
      const { status, body } = await answerTo(method, url, Buffer.concat(parts))
      response.writeHead(status, { 'content-type': 'application/json' }).end(body)
    } catch {
      response.destroy()
    }
  })
  server.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  t.teardown(() => {
    server.close()
    server.closeAllConnections()
  })
  relay.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return relay
}

function unknown(id: string): Made {
  const message = `java.lang.Exception: app with id: ${id} not found`
  const javaClassName = 'org.apache.hadoop.yarn.webapp.NotFoundException'
  const body = { RemoteException: { exception: 'NotFoundException', message, javaClassName } }
  return { status: 404, body: JSON.stringify(body) }
}
