import type { FinalStatus } from '../../../src/yarn/application.ts'
import type { AdvanceOptions, SubmitOptions } from '../../../src/yarn/script-api.ts'
import type { SandboxYarn } from '../../../src/yarn/yarn.ts'

/** What is read of a recorded application to play the same one. */
export interface RecordedApp {
  readonly id: string
  readonly user: string
  readonly name: string
  readonly queue: string
  readonly state: 'ACCEPTED' | 'RUNNING' | 'FINISHED' | 'FAILED' | 'KILLED'
  readonly finalStatus: FinalStatus
  readonly progress: number
  readonly diagnostics: string
  readonly applicationType: string
  readonly applicationTags: string
  readonly priority: number
  readonly launchTime: number
  readonly amRPCAddress?: string
  readonly masterNodeId: string
  readonly allocatedMB: number
  readonly runningContainers: number
  readonly appNodeLabelExpression?: string
  readonly resourceInfo?: {
    readonly resourceUsagesByPartition: ReadonlyArray<{
      readonly amUsed: { readonly memory: number; readonly vCores: number }
    }>
  }
}

/** Submits an application with the recorded inputs and takes it to the recorded stage of its life. */
export function recreate(yarn: SandboxYarn, app: RecordedApp, how: AdvanceOptions = {}): string {
  const id = yarn.submit(submissionOf(app))
  switch (app.state) {
    case 'ACCEPTED':
      yarn.advance(id, 'ACCEPTED', { stage: stageOf(app), ...how })
      break
    case 'RUNNING':
      yarn.advance(id, 'RUNNING', { ...runningOptions(app), progress: app.progress })
      break
    case 'FINISHED': {
      const { finalStatus, diagnostics } = app
      const stage = app.allocatedMB < 0 ? 'FINISHED' : 'FINISHING'
      yarn.advance(id, stage, { ...runningOptions(app), finalStatus, diagnostics })
      break
    }
    case 'KILLED':
      if (app.launchTime > 0) yarn.advance(id, 'RUNNING')
      else yarn.advance(id, 'ACCEPTED', { stage: 'scheduled' })
      yarn.advance(id, 'KILLED', { killer: killerOf(app) })
      break
    case 'FAILED':
      yarn.advance(id, 'FAILED', { diagnostics: containerText(app.diagnostics) })
  }
  return id
}

function submissionOf(app: RecordedApp): SubmitOptions {
  const am = app.resourceInfo?.resourceUsagesByPartition[0]?.amUsed
  const memory = am?.memory ?? Math.max(256, app.allocatedMB / Math.max(1, app.runningContainers))
  const { id, name, user, queue, priority } = app
  const tags = app.applicationTags === '' ? [] : app.applicationTags.split(',').reverse()
  const base = { id, name, user, queue, priority, tags, type: app.applicationType }
  return {
    ...base,
    resource: { memory, vCores: am?.vCores ?? 1 },
    maxAttempts: app.diagnostics.includes('local limit is =1') ? 1 : 2,
    ...(app.appNodeLabelExpression === undefined
      ? {}
      : { nodeLabelExpression: app.appNodeLabelExpression })
  }
}

function runningOptions(app: RecordedApp): AdvanceOptions {
  const executors = Math.max(0, app.runningContainers - 1)
  const port = app.amRPCAddress?.split(':')[1]
  return port === undefined ? { executors } : { executors, rpcPort: Number(port) }
}

function stageOf(app: RecordedApp): 'new' | 'scheduled' | 'launched' {
  if (app.masterNodeId !== '') return 'launched'
  return app.allocatedMB < 0 ? 'new' : 'scheduled'
}

function killerOf(app: RecordedApp) {
  const [, user = '', address] =
    /was killed by user (\w+)(?: at ([\d.]+))?/.exec(app.diagnostics) ?? []
  const reason = /with diagnostic message: (.*)$/.exec(app.diagnostics)?.[1] ?? ''
  return address === undefined ? { user, reason } : { user, reason, address }
}

/** The part of a failure that the container wrote itself. */
function containerText(diagnostics: string): string {
  const [, rest = ''] = diagnostics.split('Failing this attempt.Diagnostics: ')
  return rest.split('For more detailed output')[0] ?? ''
}
