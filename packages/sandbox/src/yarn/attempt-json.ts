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

/** One attempt, in mapped notation: numbers as strings. */
export function attemptReportJson(app: Application, attempt: Attempt, view: View): Wire {
  const { cluster } = view
  const base = `http://${cluster.webAddress}`
  const own = `${base}/cluster/app/${app.id}`
  const isOver = attempt.stage === 'ended'
  return {
    appAttemptId: attemptId(app.id, attempt.number),
    host: attempt.stage === 'registered' ? cluster.nodeHost : 'N/A',
    rpcPort: String(attempt.stage === 'registered' ? (attempt.rpcPort ?? -1) : -1),
    trackingUrl: isOver ? own : `${base}/proxy/${app.id}/`,
    originalTrackingUrl: isOver ? own : 'N/A',
    diagnosticsInfo: app.diagnostics,
    appAttemptState: attemptState(app, attempt),
    amContainerId: attempt.containerId === '' ? undefined : attempt.containerId,
    startedTime: String(attempt.startTime),
    finishedTime: String(attempt.finishedTime || (isFinal(app) ? app.finishedTime : 0))
  }
}

function attemptState(app: Application, { stage, number }: Attempt): string {
  if (stage === 'registered') return 'RUNNING'
  if (stage !== 'ended') return stage.toUpperCase()
  return number < app.attempts.length || !isFinal(app) ? 'FAILED' : app.publicState
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
