import { type Answer, filterText, jettyAnswer } from './answer.ts'
import type { Cluster } from './cluster.ts'
import { escapeXml } from './wire.ts'

/** Paths that a ResourceManager answers itself whatever its role (§7). */
const ownPaths = new Set(['/ws/v1/cluster/info', '/cluster/cluster', '/isActive', '/jmx', '/conf'])
const refreshParameter = 'next.refresh.interval'
const maxDelaySeconds = 300
const basicSleepSeconds = 5

export interface Target {
  /** Path without the query. */
  readonly path: string
  /** As sent, without the question mark. */
  readonly queryText: string
  readonly query: URLSearchParams
  /** `http://<Host header>`. */
  readonly origin: string
}

/** What a ResourceManager that is not active answers; undefined when it serves the request itself. */
export function redirect(cluster: Cluster, target: Target): Answer | undefined {
  const { path, queryText } = target
  if (cluster.role === 'active' || ownPaths.has(path) || path.startsWith('/proxy')) return undefined
  if (cluster.role === 'noActive') return noActive(target)
  const whole = queryText === '' ? path : `${path}?${queryText}`
  const text = `This is standby RM. The redirect url is: ${escapeXml(whole)}\n`
  return filterText(307, text, [['Location', `${cluster.activeUrl}${whole}`]])
}

function noActive({ path, query, queryText, origin }: Target): Answer {
  const asked = query.get(refreshParameter)
  const retries = asked === null ? 0 : Number(asked)
  const seconds = Math.floor(basicSleepSeconds * 2 ** retries * (0.5 + Math.random()))
  const state = 'HA Zookeeper Connection State: CONNECTED\n'
  if (!Number.isInteger(retries) || seconds > maxDelaySeconds) {
    return filterText(200, `There is no active RM right now.\n${state}`)
  }
  const others = queryText
    .split('&')
    .filter((one) => one && !one.startsWith(`${refreshParameter}=`))
  const next = [...others, `${refreshParameter}=${retries + 1}`].join('&')
  const text = `Can not find any active RM. Will retry in next ${seconds} seconds.\n${state}`
  return filterText(307, text, [['Refresh', `${seconds};url=${origin}${path}?${next}`]])
}

/** `GET /isActive`, which load balancers ask. */
export function isActiveAnswer(cluster: Cluster): Answer {
  if (cluster.role === 'active') {
    const headers = [['Vary', 'Accept-Encoding'] as const, ['Connection', 'close'] as const]
    return { ...filterText(200, 'I am Active!', headers) }
  }
  const body = `<html>\n<head>\n<meta http-equiv="Content-Type" content="text/html;charset=ISO-8859-1"/>\n<title>Error 405 I am not Active!</title>\n</head>\n<body><h2>HTTP ERROR 405 I am not Active!</h2>\n<table>\n<tr><th>URI:</th><td>/isActive</td></tr>\n<tr><th>STATUS:</th><td>405</td></tr>\n<tr><th>MESSAGE:</th><td>I am not Active!</td></tr>\n<tr><th>SERVLET:</th><td>isActive</td></tr>\n</table>\n\n</body>\n</html>\n`
  return jettyAnswer({ status: 405, type: 'text/html;charset=iso-8859-1', body, close: true })
}
