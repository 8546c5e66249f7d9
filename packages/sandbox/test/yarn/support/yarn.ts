import type { Test } from 'tap'
import { type SandboxYarn, startYarn, type YarnOptions } from '../../../src/yarn/yarn.ts'

/** A stand-in that ends with the test. */
export async function yarnFor(t: Test, options: YarnOptions = {}): Promise<SandboxYarn> {
  const yarn = await startYarn(options)
  t.teardown(() => yarn.close())
  return yarn
}

export async function getJson<T>(url: string): Promise<T> {
  const response = await fetch(url, { headers: { accept: 'application/json' } })
  return JSON.parse(await response.text())
}

export interface AppBody {
  readonly app: Record<string, unknown> & { readonly state: string; readonly finalStatus: string }
}

/** Submits as a launcher does, over the wire; the id. */
export async function submitOver(url: string, am: object, body: object = {}): Promise<string> {
  const created = await fetch(`${url}/ws/v1/cluster/apps/new-application?user.name=alice`, {
    method: 'POST'
  })
  const { 'application-id': id } = (await created.json()) as { 'application-id': string }
  const response = await fetch(`${url}/ws/v1/cluster/apps?user.name=alice`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      'application-id': id,
      'application-name': 'played',
      'application-type': 'SPARK',
      'application-tags': { tag: ['T1', 'b'] },
      'max-app-attempts': 1,
      resource: { memory: 512, vCores: 1 },
      'am-container-spec': {
        commands: { command: 'java' },
        environment: { entry: { key: 'SANDBOX_AM', value: JSON.stringify(am) } }
      },
      ...body
    })
  })
  await response.arrayBuffer()
  if (response.status !== 202) throw new Error(`submission answered ${response.status}`)
  return id
}

export function putKilled(url: string, id: string, user = 'alice'): Promise<Response> {
  return fetch(`${url}/ws/v1/cluster/apps/${id}/state?user.name=${user}`, {
    method: 'PUT',
    headers: { accept: 'application/json', 'content-type': 'application/json' },
    body: '{"state":"KILLED"}'
  })
}
