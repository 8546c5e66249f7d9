import type { Dialect } from './dialect.ts'
import type { Execution, Node } from './execution.ts'
import { hashOrder } from './java-map.ts'
import type { FlowDefinition } from './options.ts'

interface JobOf {
  readonly execution: Execution
  readonly node: Node
}

/** What `${name}` in a command stands for: the job's own file first, then the run's parameters. */
export function propertyOf({ execution, node }: JobOf, name: string): string | undefined {
  return (
    node.definition.properties?.[name] ??
    execution.overrides.get(name) ??
    execution.project.definition.properties?.[name]
  )
}

export interface Resolved {
  readonly text: string
  /** The first variable that stands for nothing. */
  readonly missing: string | undefined
}

/** A text with its `${…}` replaced. */
export function resolve(job: JobOf, text: string): Resolved {
  let missing: string | undefined
  const resolved = text.replaceAll(/\$\{([^}]*)\}/g, (whole, name: string) => {
    const value = propertyOf(job, name)
    missing ??= value === undefined ? name : undefined
    return value ?? whole
  })
  return { text: resolved, missing }
}

/** Folder of an execution on the executor. */
export function workingDirectory(execution: Execution, dialect?: Dialect): string {
  const home = dialect?.version === '2.5.0' ? '/opt/azkaban' : '/opt/azkaban/solo'
  return `${home}/run/executions/${execution.execId}`
}

/** The flow that a job is in, which may be embedded. */
export function flowOf({ execution, node }: JobOf): FlowDefinition {
  const path = node.nestedId.split(':').slice(0, -1)
  let flow = execution.flow
  for (const id of path) flow = flow.jobs.find((job) => job.id === id)?.flow ?? flow
  return flow
}

/** The value of HEAD's line `all props for the job:`, parameters of the run included (§12.2). */
export function allProperties(job: JobOf, jvmArgs: string): string {
  const { execution, node } = job
  const isNested = node.nestedId.includes(':')
  const flow = flowOf(job)
  const embedded = { 'flow.name': flow.id, type: 'flow', 'azkaban.memory.check': 'true' }
  const overrides = Object.fromEntries(execution.overrides)
  const maps = [
    ownProperties(job, jvmArgs),
    ...(execution.overrides.size > 0 ? [overrides] : []),
    ...(isNested ? [{}, embedded] : []),
    flowProperties(execution)
  ]
  return `{${maps.map(members).join(' parent = {')}${'}'.repeat(maps.length)}`
}

function ownProperties(job: JobOf, jvmArgs: string): Record<string, string> {
  const { execution, node } = job
  const { definition, attempt, nestedId } = node
  const folder = workingDirectory(execution)
  const name = nestedId.replaceAll(':', '._.')
  const file = `_job.${execution.execId}.${attempt === 0 ? '' : `${attempt}.`}${name}`
  const before = (definition.dependsOn ?? []).join()
  const after = flowOf(job).jobs.filter((one) => one.dependsOn?.includes(definition.id))
  return {
    ...(before !== '' && { dependencies: before }),
    ...definition.properties,
    type: 'command',
    'azkaban.job.id': definition.id,
    'azkaban.job.attempt': String(attempt),
    'azkaban.job.attachment.file': `${folder}/${file}.attach`,
    'working.dir': folder,
    'jvm.args': jvmArgs,
    'azkaban.job.log.file': `${folder}/${file}.log`,
    'user.to.proxy': execution.submitUser,
    'azkaban.job.outnodes': after.map((one) => one.id).join(),
    'azkaban.job.metadata.file': `${file}.meta`,
    'azkaban.memory.check': 'true',
    ...(nestedId.includes(':') && { 'azkaban.flow.nested.path': nestedId }),
    'azkaban.job.innodes': before
  }
}

function flowProperties(execution: Execution): Record<string, string> {
  const { project, flow, execId, submitUser, startTime } = execution
  const local = new Date(startTime + 8 * 3_600_000)
  const [, year = '', month = '', day = '', hour = '', minute = '', second = '', fraction = ''] =
    /(\d+)-(\d+)-(\d+)T(\d+):(\d+):(\d+)\.(\d+)/.exec(local.toISOString()) ?? []
  return {
    'azkaban.flow.executionsource': 'adhoc',
    'azkaban.flow.start.milliseconds': fraction,
    'azkaban.flow.start.year': year,
    'azkaban.flow.start.timezone': 'Asia/Shanghai',
    'azkaban.flow.projectid': String(project.id),
    'azkaban.flow.start.second': second,
    'azkaban.flow.submituser': submitUser,
    'azkaban.flow.projectversion': '1',
    'azkaban.flow.start.minute': minute,
    'azkaban.flow.execid': String(execId),
    'azkaban.flow.projectname': project.name,
    'azkaban.flow.start.month': month,
    'azkaban.flow.start.hour': hour,
    'azkaban.flow.uuid': `00000000-0000-4000-8000-${String(execId).padStart(12, '0')}`,
    'azkaban.flow.flowid': flow.id,
    'azkaban.flow.start.day': day,
    'azkaban.flow.projectlastchangedby': submitUser,
    'azkaban.flow.projectlastchangeddate': String(startTime),
    'azkaban.flow.start.timestamp': local.toISOString().replace('Z', '+08:00')
  }
}

function members(properties: Readonly<Record<string, string>>): string {
  return hashOrder(Object.keys(properties))
    .map((name) => `${name}: ${properties[name]}, `)
    .join('')
}
