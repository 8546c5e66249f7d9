import { type Answer, rawAnswer, valueAnswer } from './answer.ts'
import { type Application, isFinalStateStored } from './application.ts'
import { applicationOf, type Call, type Resources } from './call.ts'
import { mayAccess } from './cluster.ts'
import { badRequest, RemoteException } from './remote-exception.ts'
import { parseTargetState } from './state-body.ts'

/** §4.7: the internal state. */
export function getState(call: Call, app: Application): Answer {
  return valueAnswer({ state: app.state }, { format: call.format })
}

/** §4.8: the only change allowed is to KILLED. */
export async function putState(call: Call, id: string, resources: Resources): Promise<Answer> {
  const body = (await call.body()).toString()
  const target = parseTargetState(body, call.request.headers['content-type'])
  const app = applicationOf(id, resources)
  const { format, caller } = call
  const current = () => ({ state: app.state })
  if (target.state === undefined) throw nullState()
  if (target.state === app.state) return valueAnswer(current(), { format })
  if (target.state !== 'KILLED') {
    throw badRequest("Only 'KILLED' is allowed as a target state.")
  }
  if (!mayAccess(resources.cluster, caller.user, app.user)) {
    const text = `Unauthorized attempt to kill appid ${app.id} by remote user ${caller.user}`
    return rawAnswer(403, text)
  }
  if (isFinalStateStored(app)) return valueAnswer(current(), { format })
  killUnlessHeld(app, resources, { user: caller.user, reason: target.diagnostics })
  if (app.unmanaged) return valueAnswer(current(), { format })
  return valueAnswer(current(), { status: 202, location: call.url, format })
}

interface KillRequest {
  readonly user: string
  readonly reason: string
}

/** With the fault `killTakesPolls` the first n requests of an application change nothing yet. */
function killUnlessHeld(app: Application, resources: Resources, request: KillRequest): void {
  if (app.heldKills < resources.faults.killTakesPolls()) {
    app.heldKills++
    return
  }
  resources.player.kill(app, request)
}

function nullState(): RemoteException {
  return new RemoteException(
    'NullPointerException',
    'Cannot invoke "String.equals(Object)" because the return value of "org.apache.hadoop.yarn.server.resourcemanager.webapp.dao.AppState.getState()" is null'
  )
}
