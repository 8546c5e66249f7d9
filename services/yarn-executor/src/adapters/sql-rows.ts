import type { Selectable } from 'kysely'
import type { NewAttempt, NewSubmission, OncePerKey } from '../domain/job-store.ts'
import {
  type LauncherExit,
  type LauncherFailure,
  type LaunchSettings,
  NO_SETTINGS,
  type Program
} from '../domain/launching.ts'
import {
  type Attempt,
  isOver,
  type JobWarning,
  type OutcomeEvidence,
  type Submission
} from '../domain/submission.ts'
import type { Owner } from './sql-ownership.ts'
import type { AttemptRow, SubmissionRow } from './sql-schema.ts'

export function submissionOf(row: Selectable<SubmissionRow>): Submission {
  return {
    id: row.id,
    taskName: row.task_name,
    engine: row.engine,
    deployMode: row.deploy_mode,
    owner: row.owner,
    requestId: row.request_id,
    configFile: row.config_file,
    configDigest: row.config_digest,
    installationTag: row.installation_tag,
    submissionTag: row.submission_tag,
    state: row.state,
    reason: row.reason,
    reasonText: row.reason_text,
    applicationId: row.application_id,
    startedAt: row.started_at,
    acceptedAt: row.accepted_at,
    startDeadline: row.start_deadline,
    changedAt: row.changed_at,
    stopRequestedBy: row.stop_requested_by,
    stopRequestedAt: row.stop_requested_at,
    yarnState: row.yarn_state,
    finalStatus: row.final_status,
    observedAt: row.observed_at,
    stale: row.stale,
    staleSince: row.stale_since,
    replaces: row.replaces,
    replacesApplication: row.replaces_application,
    promised: row.promised === 1,
    outcome: row.outcome,
    evidence: row.evidence === null ? [] : (JSON.parse(row.evidence) as OutcomeEvidence[]),
    warnings: row.warnings === null ? [] : (JSON.parse(row.warnings) as JobWarning[]),
    closedBy: row.closed_by,
    closedAt: row.closed_at,
    profile: row.profile,
    settings: row.settings === null ? NO_SETTINGS : settingsOf(row.settings),
    program: row.program === null ? null : (JSON.parse(row.program) as Program)
  }
}

function settingsOf(json: string): LaunchSettings {
  return { ...NO_SETTINGS, ...(JSON.parse(json) as Partial<LaunchSettings>) }
}

function settingsColumn(settings: LaunchSettings): string | null {
  const given = Object.entries(settings).filter(
    ([, value]) => value !== null && Object.keys(value).length > 0
  )
  return given.length === 0 ? null : JSON.stringify(Object.fromEntries(given))
}

export function newSubmissionRow(
  submission: NewSubmission,
  now: number,
  once?: OncePerKey,
  owner?: Owner
): SubmissionRow {
  return {
    id: submission.id,
    task_name: submission.taskName,
    live_name: submission.taskName,
    engine: submission.engine,
    deploy_mode: submission.deployMode,
    owner: submission.owner,
    request_id: submission.requestId,
    config_file: submission.configFile,
    config_digest: submission.configDigest,
    installation_tag: submission.installationTag,
    submission_tag: submission.submissionTag,
    state: 'ACCEPTED',
    is_live: 1,
    reason: null,
    reason_text: null,
    application_id: null,
    started_at: null,
    accepted_at: now,
    start_deadline: submission.startDeadline,
    changed_at: now,
    stop_requested_by: null,
    stop_requested_at: null,
    yarn_state: null,
    final_status: null,
    observed_at: null,
    stale: null,
    stale_since: null,
    replaces: submission.replaces,
    replaces_application: submission.replacesApplication ?? null,
    promised: submission.promised ? 1 : 0,
    idempotency_key: once?.key ?? null,
    request_digest: once?.bodyDigest ?? null,
    outcome: null,
    evidence: null,
    warnings: null,
    closed_by: null,
    closed_at: null,
    owner_token: owner?.token ?? null,
    profile: submission.profile,
    settings: settingsColumn(submission.settings),
    program: submission.program && JSON.stringify(submission.program)
  }
}

/** The columns that a step into another state may change. */
export function changedColumns(submission: Submission): Partial<SubmissionRow> {
  return {
    state: submission.state,
    reason: submission.reason,
    reason_text: withoutNul(submission.reasonText),
    application_id: submission.applicationId,
    started_at: submission.startedAt,
    changed_at: submission.changedAt,
    stop_requested_by: submission.stopRequestedBy,
    stop_requested_at: submission.stopRequestedAt,
    yarn_state: submission.yarnState,
    final_status: submission.finalStatus,
    observed_at: submission.observedAt,
    outcome: submission.outcome,
    evidence: submission.evidence.length === 0 ? null : JSON.stringify(submission.evidence),
    closed_by: submission.closedBy,
    closed_at: submission.closedAt,
    ...(isOver(submission) && { is_live: 0, live_name: null, stale: null, stale_since: null })
  }
}

export function attemptOf(row: Selectable<AttemptRow>): Attempt {
  const { pid, process_start_time: startTime, boot_id: bootId } = row
  const known = pid !== null && startTime !== null && bootId !== null
  return {
    id: row.id,
    submissionId: row.submission_id,
    tag: row.tag,
    profile: row.profile,
    // What is JSON was written by this service alone.
    argv: JSON.parse(row.argv) as string[],
    renderedDigest: row.rendered_digest,
    holdsDriver: row.holds_driver === 1,
    directory: row.directory,
    createdAt: row.created_at,
    identity: known ? { pid, startTime, bootId } : null,
    exit: row.exit === null ? null : (JSON.parse(row.exit) as LauncherExit),
    failure: row.failure === null ? null : (JSON.parse(row.failure) as LauncherFailure),
    endedAt: row.ended_at,
    hostId: row.host_id
  }
}

export function newAttemptRow(attempt: NewAttempt, now: number, owner?: Owner): AttemptRow {
  return {
    id: attempt.id,
    submission_id: attempt.submissionId,
    tag: attempt.tag,
    profile: attempt.profile,
    argv: JSON.stringify(attempt.argv),
    rendered_digest: attempt.renderedDigest,
    holds_driver: attempt.holdsDriver ? 1 : 0,
    directory: attempt.directory,
    created_at: now,
    pid: null,
    process_start_time: null,
    boot_id: null,
    exit: null,
    failure: null,
    ended_at: null,
    host_id: owner?.host.id ?? null,
    host_machine_id: owner?.host.machineId ?? null,
    host_boot_id: owner?.host.bootId ?? null,
    released_at: null
  }
}

/** PostgreSQL has no text with a NUL in it; what a launcher prints may have. */
export function withoutNul(text: string | null): string | null {
  return text?.replaceAll('\0', '\uFFFD') ?? null
}
