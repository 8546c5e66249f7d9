import type { Generated } from 'kysely'
import type { DeployMode, Engine, ProfileName } from '../domain/launching.ts'
import type { Outcome, SubmissionState } from '../domain/submission.ts'

/** The tables, as `sql-migrations.ts` makes them. Times are epoch milliseconds; JSON is kept as text. */
export type JobTables = {
  installation: { id: string; created_at: number }
  submissions: SubmissionRow
  attempts: AttemptRow
  events: {
    id: Generated<number>
    submission_id: string
    at: number
    who: string
    what: string
    detail: string | null
    /** On PostgreSQL alone, and null until it is given; on SQLite the id is it. */
    position?: number | null
  }
  configs: { digest: string; bytes: Uint8Array; used_at: number }
  application_stops: { application_id: string; requested_by: string; requested_at: number }
  /** On PostgreSQL alone: one row, the last position that was given. */
  event_counter: { last: number }
  /** On PostgreSQL alone: one row a lease. */
  instances: InstanceRow
  /** On PostgreSQL alone: who does what one does for all. */
  leaders: { name: string; token: number }
}

/** The token rises with each lease. Times are the database's, and stay in it. */
export type InstanceRow = {
  token: Generated<number>
  host_id: string
  machine_id: string
  boot_id: string
  pid_namespace: string
  pid: number
  process_start_time: string
  url: string | null
  booted_at: Date
  started_at: Date
  renewed_at: Date
  /** Once it is set the token is dead, for good. */
  ended_at: Date | null
}

export type SubmissionRow = {
  id: string
  task_name: string
  /** The name while this submission holds it, else null: unique, so that two cannot hold it. */
  live_name: string | null
  engine: Engine
  deploy_mode: DeployMode
  owner: string
  request_id: string
  config_file: string
  config_digest: string
  installation_tag: string
  submission_tag: string
  state: SubmissionState
  /** 1 while the state is not a final one: what is looked at again and again. */
  is_live: number
  reason: string | null
  reason_text: string | null
  application_id: string | null
  started_at: number | null
  accepted_at: number
  start_deadline: number
  changed_at: number
  stop_requested_by: string | null
  stop_requested_at: number | null
  yarn_state: string | null
  final_status: string | null
  observed_at: number | null
  stale: string | null
  stale_since: number | null
  replaces: string | null
  replaces_application: string | null
  /** 1 or 0. */
  promised: number
  idempotency_key: string | null
  /** `sha256:<hex>` of the body that came with the key. */
  request_digest: string | null
  outcome: Outcome | null
  evidence: string | null
  warnings: string | null
  closed_by: string | null
  closed_at: number | null
  /** The lease of the instance that does its work; null where there is one process only. */
  owner_token: number | null
  /** Null: of before there was a choice. */
  profile: ProfileName | null
  /** JSON of what is not empty; null when all of it is. */
  settings: string | null
  program: string | null
}

export type AttemptRow = {
  id: string
  submission_id: string
  tag: string
  profile: string
  argv: string
  rendered_digest: string
  holds_driver: number
  directory: string
  created_at: number
  pid: number | null
  process_start_time: string | null
  boot_id: string | null
  exit: string | null
  failure: string | null
  ended_at: number | null
  /** Where it was prepared; null where there is one process only. */
  host_id: string | null
  host_machine_id: string | null
  host_boot_id: string | null
  /** Proven on its host: nobody of it is left, and nothing of it will begin. */
  released_at: number | null
}
