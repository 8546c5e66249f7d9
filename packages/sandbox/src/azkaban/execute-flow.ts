import { type Answer, jsonAnswer } from './answer.ts'
import type { Entry } from './executions.ts'
import type { FlowDefinition } from './options.ts'
import { type Call, parseInteger, required } from './parameters.ts'
import { findFlow, findProject, may, type Project } from './projects.ts'
import { notANumber, nullPointer, ServerError, servletError } from './server-error.ts'
import type { Server, UserCall } from './servlet.ts'

const maxConcurrentRuns = 30

/** `ajax=executeFlow` (§3). */
export function executeFlow(call: UserCall, server: Server): Answer {
  const { dialect, projects } = server
  const projectName = required(call, 'project')
  const flowId = required(call, 'flow')
  const project = findProject(projects, projectName, dialect.projectsInAnyCase)
  if (!project || !may(call.user, 'EXECUTE', project)) {
    return jsonAnswer({ project: projectName, error: `Project '${projectName}' doesn't exist.` })
  }
  const said = { project: projectName, flow: flowId }
  const flow = findFlow(project, flowId)
  if (!flow) {
    const error = `Flow '${flowId}' cannot be found in project ${project.identity}`
    return jsonAnswer({ ...said, error })
  }
  const options = optionsOf(call, server)
  if (typeof options === 'string') {
    return jsonAnswer({ ...said, error: `Error parsing flow options: ${options}` })
  }
  const outcome = submit({ call, server, project, projectName, flow, options })
  return jsonAnswer({ ...said, ...outcome })
}

interface Options {
  readonly concurrent: string
  readonly pipelineLevel: number
  /** Undefined: what was sent is no JSON. */
  readonly disabled: ReadonlySet<string> | undefined
  readonly overrides: ReadonlyMap<string, string>
}

/** The options, or what versions from 4.0.0 on say about a bad one. */
function optionsOf(call: Call, { dialect }: Server): Options | string {
  const { parameters } = call
  const concurrent = parameters.get('concurrentOption') ?? dialect.defaultConcurrent
  const level = parameters.get('pipelineLevel')
  if (concurrent === 'pipeline' && level === null) {
    const text = "Missing required parameter 'pipelineLevel'."
    if (dialect.optionErrorsAreJson) return text
    throw servletError(text)
  }
  const pipelineLevel = parseInteger(level ?? '1')
  if (concurrent === 'pipeline' && pipelineLevel === undefined) throw notANumber(level ?? '')
  const disabled = disabledJobs(parameters.get('disabled') ?? '')
  if (!disabled && dialect.disabledMustBeJson === 'page') throw nullPointer(noDisabledList)
  const overrides = new Map<string, string>()
  for (const [name, value] of parameters) {
    if (name.startsWith('flowOverride['))
      overrides.set(name.slice('flowOverride['.length, -1), value)
  }
  return { concurrent, pipelineLevel: pipelineLevel ?? 1, disabled, overrides }
}

const noDisabledList =
  'Cannot invoke "java.util.List.isEmpty()" because "<parameter1>.initiallyDisabledJobs" is null'

interface Request {
  readonly call: UserCall
  readonly server: Server
  readonly project: Project
  readonly projectName: string
  readonly flow: FlowDefinition
  readonly options: Options
}

function submit(request: Request) {
  const { call, server, project, projectName, flow, options } = request
  const { dialect, executions } = server
  const refused = (reason: string) => ({
    error: `Error submitting flow ${flow.id}. ${reason}`,
    execid: -1
  })
  if (!options.disabled) {
    return refused('Cannot invoke "java.util.Collection.toArray()" because "c" is null')
  }
  if (flow.locked && dialect.knowsLocks) {
    return { message: `Flow ${flow.id} for project ${project.name} is locked.`, execid: -1 }
  }
  const running = executions.running(project, flow.id)
  if (running.length > 0 && options.concurrent === 'skip') {
    return refused(`Flow ${flow.id} is already running. Skipping execution.`)
  }
  if (dialect.limitsConcurrentRuns && running.length > maxConcurrentRuns) {
    return refused(`Flow ${flow.id} has more than ${maxConcurrentRuns} concurrent runs. Skipping`)
  }
  const { disabled, overrides } = options
  const user = call.user.name
  const entry = executions.submit({ project, projectName, flow, user, overrides, disabled })
  const { execId } = entry.execution
  if (dialect.dispatchesAtOnce && executions.executor === 'down') {
    const reason = `${dialect.dispatchFailurePrefix}${dialect.connectFailure}`
    return { ...refused(reason), execid: execId }
  }
  const done = `Execution ${dialect.submittedWord} successfully with exec id ${execId}`
  return { message: `${besides(running, flow.id, options)}${done}`, execid: execId }
}

function besides(running: readonly Entry[], flowId: string, options: Options): string {
  if (running.length === 0) return ''
  const ids = running.map((entry) => entry.execution.execId).join()
  const what =
    options.concurrent === 'pipeline'
      ? `Pipelining level ${options.pipelineLevel}`
      : 'Will execute concurrently'
  return `Flow ${flowId} is already running with exec id ${ids}. ${what}. \n`
}

/** Nested ids in `["a",{"id":"sub","children":["b"]}]`; undefined for text that is no JSON. */
function disabledJobs(text: string): Set<string> | undefined {
  if (text === '') return new Set()
  let list: unknown
  try {
    list = JSON.parse(text)
  } catch {
    return undefined
  }
  if (!Array.isArray(list)) {
    const message = 'class java.util.LinkedHashMap cannot be cast to class java.util.List'
    throw new ServerError([{ javaClass: 'java.lang.ClassCastException', message }])
  }
  return new Set(namesIn(list, ''))
}

function namesIn(list: readonly unknown[], prefix: string): string[] {
  return list.flatMap((one) => {
    if (typeof one === 'string') return [`${prefix}${one}`]
    if (typeof one !== 'object' || one === null || !('id' in one)) return []
    const children = 'children' in one && Array.isArray(one.children) ? one.children : []
    return namesIn(children, `${prefix}${String(one.id)}:`)
  })
}
