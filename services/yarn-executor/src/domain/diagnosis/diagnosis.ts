import type { Application } from '@scheduler-task/yarn-client/application'
import type { Attempt, Outcome, Submission, SubmissionState } from '../submission.ts'
import type { Standing } from '../submissions.ts'
import type { SourceText } from './text-lines.ts'

/** A line that shows a cause: `cursor` is the `from` with which the job's log begins with it; null when it is not from there. */
export type Evidence = Readonly<{ source: string; text: string; cursor: number | null }>

/** Why a job is pending or has failed. `code` is stable, upper snake case. */
export type Cause = Readonly<{
  code: string
  /** One sentence, plain English, with the particulars. */
  sentence: string
  /** What to do about it. */
  advice: string
  evidence: readonly Evidence[]
}>

/** `summary` is the likeliest cause in its words, or says that there is none. */
export type Diagnosis = Readonly<{
  causes: readonly Cause[]
  summary: string
  state: SubmissionState
  outcome: Outcome | null
  /** Why the job's log was not looked at, though it may say more: a sentence. */
  unread: string | null
}>

/** What a diagnosis goes by. Secrets are masked in what it answers. */
export type Facts = Readonly<{
  submission: Submission
  /** The attempt whose application it is. */
  attempt: Attempt | undefined
  standing: Standing
  /** Of an application that lives: what the ResourceManager says of it now; undefined when it was not asked, or is silent. */
  application: Application | undefined
  /** How full its queue is, when that was asked. */
  room: QueueRoom | undefined
  /** Beginning and end of what each source has logged. */
  texts: readonly SourceText[]
  /** Why there are none, when there may be. */
  unread?: string | undefined
  now: number
}>

/** In percent of the cluster. */
export type QueueRoom = Readonly<{
  queue: string
  used: number
  maximum: number
  clusterUsed: number
}>
