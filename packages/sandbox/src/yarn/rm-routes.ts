import { type Answer, valueAnswer } from './answer.ts'
import { deSelectsOf, filterApps, listOf } from './app-filter.ts'
import { appJson, type View } from './app-json.ts'
import { type Application, attemptId } from './application.ts'
import { attemptReportJson, attemptsJson, containersJson } from './attempt-json.ts'
import { applicationOf, type Call, type Resources } from './call.ts'
import { capacityJson } from './capacity-json.ts'
import { infoJson, metricsJson, nodesJson, statisticsJson } from './cluster-json.ts'
import { fairJson } from './fair-json.ts'
import { badRequest, notFound, RemoteException, unsupported } from './remote-exception.ts'
import { getState, putState } from './state-routes.ts'
import { newApplication, submitApplication } from './submission-routes.ts'
import type { Wire } from './wire.ts'

/** Answers a path below /ws/v1/cluster; undefined where there is no such resource. */
export async function answerCluster(call: Call, resources: Resources): Promise<Answer | undefined> {
  const [first = '', id, sub, attempt, last, ...more] = call.path
  if (more.length > 0) return undefined
  if (first === 'apps' && id !== undefined) {
    if (id === 'new-application' && sub === undefined) {
      return onlyFor(call, 'POST', () => newApplication(call, resources))
    }
    return await answerApplication(call, resources, [id, sub, attempt, last])
  }
  if (id !== undefined) return undefined
  if (first === 'apps') return await answerApps(call, resources)
  const value = clusterValue(first, call, resources)
  if (!value) return undefined
  return onlyFor(call, 'GET', () => valueAnswer(value(), { format: call.format }))
}

function clusterValue(name: string, call: Call, resources: Resources): (() => Wire) | undefined {
  const { cluster, apps } = resources
  switch (name) {
    case '':
    case 'info':
      return () => infoJson(cluster)
    case 'metrics':
      return () => metricsJson(cluster, apps)
    case 'nodes':
      return () => nodesJson(cluster, apps, nodeStates(call.query))
    case 'scheduler':
      return () =>
        cluster.scheduler === 'fair' ? fairJson(cluster, apps) : capacityJson(cluster, apps)
    case 'appstatistics':
      return () => statisticsJson(apps)
    default:
      return undefined
  }
}

async function answerApps(call: Call, resources: Resources): Promise<Answer> {
  if (call.method === 'POST') return await submitApplication(call, resources)
  return onlyFor(call, 'GET', () => {
    const found = filterApps(resources.apps.visible(), call.query, resources.cluster)
    if (found.length === 0) return valueAnswer({ apps: {} }, { format: call.format })
    const view = viewOf(call, resources)
    const apps = { app: found.map((app) => appJson(app, view)) }
    return valueAnswer({ apps }, { format: call.format })
  })
}

type AppPath = readonly [string, string | undefined, string | undefined, string | undefined]

async function answerApplication(
  call: Call,
  resources: Resources,
  [id, sub, attempt, last]: AppPath
): Promise<Answer | undefined> {
  const { format } = call
  const view = (): View => viewOf(call, resources)
  if (sub === 'state' && attempt === undefined) {
    if (call.method === 'PUT') return await putState(call, id, resources)
    return onlyFor(call, 'GET', () => getState(call, applicationOf(id, resources)))
  }
  if (sub === undefined) {
    return onlyFor(call, 'GET', () => {
      const app = applicationOf(id, resources)
      return valueAnswer({ app: appJson(app, view()) }, { format })
    })
  }
  if ((sub === 'queue' || sub === 'priority') && attempt === undefined) {
    // Both can be changed on a real one as well; nothing here asks for that.
    return onlyFor(call, 'GET', () =>
      valueAnswer({ [sub]: applicationOf(id, resources)[sub] }, { format })
    )
  }
  if (sub !== 'appattempts') return undefined
  if (attempt === undefined) {
    return onlyFor(call, 'GET', () =>
      valueAnswer(attemptsJson(applicationOf(id, resources), view()), { format })
    )
  }
  if (last !== undefined && last !== 'containers') return undefined
  return onlyFor(call, 'GET', () => {
    const app = applicationOf(id, resources)
    const json = last === undefined ? attemptReportJson : containersJson
    return valueAnswer(json(app, attemptOf(app, attempt), view()), { format })
  })
}

function attemptOf(app: Application, text: string) {
  if (!text.startsWith('appattempt_')) {
    throw badRequest(`java.lang.IllegalArgumentException: Invalid AppAttemptId prefix: ${text}`)
  }
  const found = app.attempts.find((one) => attemptId(app.id, one.number) === text)
  if (found) return found
  if (!text.startsWith(attemptId(app.id, 0).slice(0, -6))) {
    throw notFound("appId and appAttemptId don't match")
  }
  throw notFound(
    `org.apache.hadoop.yarn.exceptions.ApplicationAttemptNotFoundException: ApplicationAttempt with id '${text}' doesn't exist in RM.`
  )
}

function viewOf(call: Call, { cluster }: Resources): View {
  return { cluster, caller: call.caller.user, without: deSelectsOf(call.query) }
}

function onlyFor(call: Call, method: string, answer: () => Answer): Answer {
  const asked = call.method === 'HEAD' ? 'GET' : call.method
  if (asked !== method) throw unsupported()
  return answer()
}

const nodeStateNames = [
  'NEW',
  'RUNNING',
  'UNHEALTHY',
  'DECOMMISSIONED',
  'LOST',
  'REBOOTED',
  'DECOMMISSIONING',
  'SHUTDOWN'
]

function nodeStates(query: URLSearchParams): string[] {
  return listOf(query, 'states').map((text) => {
    const state = text.toUpperCase()
    if (nodeStateNames.includes(state)) return state
    throw new RemoteException(
      'IllegalArgumentException',
      `No enum constant org.apache.hadoop.yarn.api.records.NodeState.${state}`
    )
  })
}
