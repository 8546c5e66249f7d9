import { logsLink, type View } from './app-json.ts'
import { type Application, type Attempt, attemptId, isFinal } from './application.ts'
import { mayAccess, nodeId } from './cluster.ts'
import type { Wire } from './wire.ts'

/** §4.9: all attempts, the oldest first. */
export function attemptsJson(app: Application, view: View): Wire {
  if (app.attempts.length === 0) return { appAttempts: {} }
  return { appAttempts: { appAttempt: app.attempts.map((one) => attemptJson(app, one, view)) } }
}

function attemptJson(app: Application, attempt: Attempt, view: View): Wire {
  const { cluster } = view
  const access = mayAccess(cluster, view.caller, app.user)
  const placed = access && attempt.containerId !== ''
  return {
    id: attempt.number,
    startTime: attempt.startTime,
    finishedTime: attempt.finishedTime || (isFinal(app) ? app.finishedTime : 0),
    containerId: placed ? attempt.containerId : '',
    nodeHttpAddress: placed ? cluster.nodeHttpAddress : '',
    nodeId: placed ? nodeId(cluster) : '',
    logsLink: placed ? logsLink(cluster, attempt.containerId, app.user) : '',
    blacklistedNodes: '',
    nodesBlacklistedBySystem: access ? '' : undefined,
    appAttemptId: attemptId(app.id, attempt.number),
    exportPorts: placed ? 'null' : ''
  }
}

/** Live containers of an attempt, in mapped notation: numbers as strings, one alone without a list. */
export function containersJson(app: Application, attempt: Attempt, view: View): Wire {
  const { cluster } = view
  if (attempt.stage === 'ended' || attempt.containers.length === 0) return {}
  const list = attempt.containers.map((containerId) => ({
    containerId,
    allocatedMB: String(app.resource.memory),
    allocatedVCores: String(app.resource.vCores),
    assignedNodeId: nodeId(cluster),
    priority: '0',
    startedTime: String(attempt.launchTime),
    finishedTime: '0',
    elapsedTime: String(cluster.clock() - attempt.launchTime),
    logUrl: logsLink(cluster, containerId, app.user),
    containerExitStatus: '0',
    containerState: 'RUNNING',
    nodeHttpAddress: `http://${cluster.nodeHttpAddress}`,
    nodeId: nodeId(cluster),
    allocatedResources: {
      entry: [
        { key: 'memory-mb', value: String(app.resource.memory) },
        { key: 'vcores', value: String(app.resource.vCores) }
      ]
    },
    exposedPorts: ''
  }))
  const [only] = list
  return { container: list.length === 1 && only ? only : list }
}
