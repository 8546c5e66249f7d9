import { type Answer, type Header, jsonType, valueAnswer } from './answer.ts'
import { maxLive } from './applications.ts'
import { type Call, parseApplicationId, type Resources } from './call.ts'
import { type Cluster, maximumAllocation } from './cluster.ts'
import type { Part } from './player.ts'
import { badRequest, unsupported } from './remote-exception.ts'
import { resourceJson } from './resource-json.ts'
import { parseSubmission } from './submission-body.ts'

/** `POST /apps/new-application`: an id, which is no application yet. */
export function newApplication(call: Call, { apps }: Resources): Answer {
  const value = {
    'application-id': apps.nextId(),
    'maximum-resource-capability': resourceJson(maximumAllocation)
  }
  return valueAnswer(value, { format: call.format })
}

/** `POST /apps`: 202 with a Location and no body; a second time for the same id changes nothing. */
export async function submitApplication(call: Call, resources: Resources): Promise<Answer> {
  const type = call.request.headers['content-type']?.split(';')[0]?.trim().toLowerCase()
  const body = (await call.body()).toString()
  if (type !== 'application/json') throw unsupported()
  const submission = parseSubmission(body)
  const { apps, cluster, player, faults } = resources
  const id = parseApplicationId(submission.id)
  if (!apps.get(id)) {
    if (apps.live().length >= maxLive)
      throw badRequest(`Maximum of ${maxLive} applications reached`)
    const launcher = submission.script !== undefined
    const app = apps.add(
      {
        ...submission,
        id,
        user: call.caller.user,
        queue: queueName(cluster, submission.queue),
        priority: submission.priority ?? (launcher ? 0 : -1),
        nodeLabelExpression: launcher ? undefined : ''
      },
      faults.delayVisibilityMs()
    )
    player.start(app, partOf(submission))
  }
  const location = `${call.url}/${id}`
  const headers: Header[] = [
    ['Location', location],
    ['Content-Type', jsonType],
    ['Vary', 'Accept-Encoding']
  ]
  return { status: 202, headers, body: Buffer.alloc(0), chunked: false }
}

/** What the application shows: the leaf under Capacity, the full path under Fair (§4.6). */
export function queueName(cluster: Cluster, asked: string): string {
  if (cluster.scheduler === 'capacity' || asked.startsWith('root.')) return asked
  return `root.${asked}`
}

/** A shell command lasts as long as its `sleep` says and exits 0; it never registers. */
function partOf(submission: ReturnType<typeof parseSubmission>): Part {
  if (submission.script) return { kind: 'script', script: submission.script }
  const seconds = /\bsleep\s+(\d+(?:\.\d+)?)/.exec(submission.command)?.[1] ?? '0'
  const lastsMs = Math.min(Number(seconds) * 1000, 86_400_000)
  return { kind: 'command', lastsMs, exitCode: 0 }
}
