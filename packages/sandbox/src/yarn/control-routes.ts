import type { IncomingMessage, ServerResponse } from 'node:http'
import { z } from 'zod'
import { type Application, currentAttempt, finalStatuses } from './application.ts'
import type { Resources } from './call.ts'
import type { ContainerLogs } from './container-logs.ts'
import { faultsReply, maxControlBytes, type Reply, sendReply } from './control-reply.ts'
import type { DriverStreams } from './driver-streams.ts'
import { readBody } from './request-body.ts'

const unregistration = z.strictObject({
  finalStatus: z.enum(finalStatuses).default('SUCCEEDED'),
  diagnostics: z.string().max(65_536).default('')
})

export interface ControlContext {
  readonly resources: Resources
  readonly logs: ContainerLogs
  readonly drivers: DriverStreams
}

/**
 * The stand-in's own paths below `/sandbox`: what the stand-in launchers tell it, and the faults.
 * Bad input is answered 400 with `{"error": …}`.
 */
export async function answerControl(
  request: IncomingMessage,
  response: ServerResponse,
  context: ControlContext
): Promise<void> {
  const path = (request.url ?? '').split('?')[0] ?? ''
  const [, , area = '', id = '', action = '', file = ''] = path.split('/')
  if (area === 'apps' && action === 'driver' && request.method === 'GET') {
    const app = context.resources.apps.get(id)
    if (app) return context.drivers.open(app, request, response)
  }
  await sendReply(replyTo(request, { area, id, action, file }, context), response)
}

interface ControlPath {
  readonly area: string
  readonly id: string
  readonly action: string
  readonly file: string
}

async function replyTo(
  request: IncomingMessage,
  path: ControlPath,
  context: ControlContext
): Promise<Reply> {
  const { area, id, action } = path
  if (area === 'faults' && id === '') return await faultsReply(request, context.resources.faults)
  if (area !== 'apps') return { status: 404, value: { error: `no such path` } }
  const app = context.resources.apps.get(id)
  if (!app) return { status: 404, value: { error: `no application ${id}` } }
  if (request.method !== 'POST') return { status: 405, value: { error: 'POST it' } }
  const body = await readBody(request, maxControlBytes)
  if (action === 'unregister') return unregister(app, body.toString(), context)
  if (action === 'logs') return appendLog(app, path.file, body, context)
  return { status: 404, value: { error: 'no such path' } }
}

function unregister(app: Application, text: string, context: ControlContext): Reply {
  const ending = unregistration.parse(text === '' ? {} : JSON.parse(text))
  context.resources.player.unregister(app, ending)
  return { status: 200, value: { state: app.state } }
}

function appendLog(app: Application, file: string, body: Buffer, context: ControlContext): Reply {
  if (!/^[\w.-]{1,100}$/.test(file) || file.startsWith('..')) {
    return { status: 400, value: { error: 'a file name has letters, digits, dots, dashes' } }
  }
  const containerId = currentAttempt(app)?.containerId ?? ''
  const now = context.resources.cluster.clock()
  if (context.logs.append(containerId, file, body, now)) return { status: 200, value: {} }
  return { status: 409, value: { error: `${app.id} has no container to log in` } }
}
