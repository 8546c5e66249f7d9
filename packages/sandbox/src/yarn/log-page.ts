import { type Answer, pageAnswer } from './answer.ts'
import { type Cluster, mayAccess } from './cluster.ts'
import type { ContainerLogs } from './container-logs.ts'
import { escapeXml } from './wire.ts'

interface PageContext {
  readonly cluster: Cluster
  readonly logs: ContainerLogs
}

const paths = /^\/node\/containerlogs\/(container_\w+)\/([^/]+)(?:\/([\w.-]+))?\/?$/

/**
 * The HTML twin of the log resource, where `amContainerLogs` leads: the files of a container, or one
 * of them from byte `start` on, counted from the end when negative (§8).
 */
export function logPage(
  path: string,
  query: URLSearchParams,
  caller: string,
  { cluster, logs }: PageContext
): Answer | undefined {
  const [, containerId = '', user = '', name] = paths.exec(path) ?? []
  const log = logs.get(containerId)
  if (!log || !mayAccess(cluster, caller, log.user)) return undefined
  const title = `Logs for ${containerId}`
  if (name === undefined) {
    const base = `/node/containerlogs/${containerId}/${encodeURIComponent(user)}`
    const lines = [...log.files].map(
      ([file, one]) =>
        `<p><a href="${base}/${file}/?start=-4096">${file} : Total file length is ${one.content.length} bytes.</a></p>`
    )
    return pageAnswer(title, lines.join('\n'))
  }
  const file = log.files.get(name)
  if (!file) return undefined
  const start = Number(query.get('start') ?? '-4096') || 0
  const from = start < 0 ? Math.max(0, file.content.length + start) : start
  return pageAnswer(title, `<pre>${escapeXml(file.content.subarray(from).toString())}</pre>`)
}
