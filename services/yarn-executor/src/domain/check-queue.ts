import { configSetting } from '@scheduler-task/job-config/config-setting'
import type { Finding } from '@scheduler-task/job-config/finding'
import type { ResourceManager } from '@scheduler-task/yarn-client/resource-manager'
import { RmError } from '@scheduler-task/yarn-client/rm-errors'
import { hasLeafQueue, schedulerQueues } from '@scheduler-task/yarn-client/scheduler-report'
import { TimeLimitReached, withinTime } from '@scheduler-task/yarn-client/time-limit'
import type { LaunchRequest } from './launching.ts'

/** Where a queue is named: in the request, or at a place of the config. */
type NamedQueue = Readonly<{ name: string }> & Pick<Finding, 'path' | 'line' | 'column'>

/** Fair makes unknown queues on the way; Capacity does where a parent is allowed to. */
const MAKES_QUEUES =
  /"type"\s*:\s*"fairScheduler"|"auto(?:Create|Creation)[^"]*"\s*:\s*(?:true|"(?!off\b)[^"]+")/i

/** Says that a job names a queue that the ResourceManager does not know, or that it could not be asked. */
export async function queueFindings(
  rm: Pick<ResourceManager, 'schedulerText'>,
  request: LaunchRequest,
  { limitMs, signal }: Readonly<{ limitMs: number; signal: AbortSignal }>
): Promise<Finding[]> {
  const queue = queueOf(request)
  if (!queue) return []
  const { name, ...where } = queue
  try {
    const report = await withinTime(limitMs, signal, (limit) => rm.schedulerText(limit))
    const queues = schedulerQueues(report)
    if (queues.length === 0 || MAKES_QUEUES.test(report) || hasLeafQueue(queues, name)) return []
    const isParent = queues.some(({ path }) => path === name || path.endsWith(`.${name}`))
    const message = isParent
      ? `applications cannot go to the queue ${name}: it has queues of its own`
      : `the ResourceManager has no queue ${name}`
    return [{ severity: 'error', code: 'UNKNOWN_QUEUE', message, ...where }]
  } catch (error) {
    const known =
      error instanceof RmError || error instanceof TimeLimitReached || error instanceof SyntaxError
    if (!known) throw error
    const message = `whether there is a queue ${name} could not be asked: ${error.message}`
    return [{ severity: 'info', code: 'QUEUE_NOT_ASKED', message, ...where }]
  }
}

/** The request's own comes first, then the engine's setting, then the config. */
function queueOf(request: LaunchRequest): NamedQueue | undefined {
  const { queue, conf, engine, profile, config, variables } = request
  if (queue !== null) return { name: queue, path: 'queue' }
  const key = engine === 'spark' ? 'spark.yarn.queue' : 'yarn.application.queue'
  const setting = Object.hasOwn(conf, key) ? conf[key] : undefined
  if (setting !== undefined) return { name: setting, path: `conf.${key}` }
  if (engine !== 'spark' || profile === 'spark-submit' || config.byteLength > MAX_READ)
    return undefined
  const block = profile === 'waterdrop-1' ? 'spark' : 'env'
  const given = configSetting(config.toString(), { block, name: key, variables })
  if (!given || given.value.trim() === '') return undefined
  return { name: given.value, path: 'configFile', line: given.line, column: given.column }
}

const MAX_READ = 1024 * 1024
