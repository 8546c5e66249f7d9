import { readdirSync, readFileSync } from 'node:fs'
import type { Application } from '@scheduler-task/yarn-client/application'
import { diagnose } from '../../src/domain/diagnosis/diagnose.ts'
import type { Diagnosis, Facts } from '../../src/domain/diagnosis/diagnosis.ts'
import { roomOf } from '../../src/domain/diagnosis/queue-room.ts'
import { linesOf } from '../../src/domain/diagnosis/text-lines.ts'
import { type Attempt, isOver, NO_DEADLINE, type Submission } from '../../src/domain/submission.ts'
import { fixture } from './launching.ts'
import { recording } from './recordings.ts'

/** What a fixture says of itself; the rest of it is what each source said. */
type About = Readonly<{
  /** The first cause that is to be found; null: none. */
  code: string | null
  origin: string
  submission: Partial<Submission>
  exit?: number
  application?: Partial<Application>
}>

export type DiagnosisCase = Readonly<{
  name: string
  about: About
  sections: readonly (readonly [source: string, text: string])[]
}>

/** All fixtures below `test/fixtures/diagnosis`: sections that begin with `=== <source>`, the first one is `about`. */
export function diagnosisCases(): readonly DiagnosisCase[] {
  return readdirSync(fixture('diagnosis'))
    .filter((file) => file.endsWith('.txt'))
    .sort()
    .map((file) => readCase(file.slice(0, -4)))
}

export function readCase(name: string): DiagnosisCase {
  const text = readFileSync(fixture(`diagnosis/${name}.txt`), 'utf8')
  const sections = text
    .split(/^=== /m)
    .slice(1)
    .map((part): readonly [string, string] => {
      const end = part.indexOf('\n')
      return [part.slice(0, end), part.slice(end + 1).replace(/\n$/, '')]
    })
  const [about, ...rest] = sections
  return { name, about: JSON.parse(about?.[1] ?? ''), sections: rest }
}

/** A recorded run of a launcher as a case. */
export function recordedCase(name: string, about: About): DiagnosisCase {
  const { stdout, stderr } = recording(name)
  const sections = [
    ['launcher/stdout', stdout.join('\n')],
    ['launcher/stderr', stderr.join('\n')]
  ] as const
  return { name, about, sections }
}

/** The facts of a case, as the service would have them. */
export function factsOf({ about, sections }: DiagnosisCase): Facts {
  const yarn = sections.find(([source]) => source === 'yarn')?.[1] ?? null
  const report = sections.find(([source]) => source === 'scheduler')?.[1]
  const submission = submissionWith({
    ...about.submission,
    ...(yarn !== null && { reasonText: yarn })
  })
  const over = isOver(submission)
  const application = about.application && {
    ...about.application,
    diagnostics: yarn ?? ''
  }
  return {
    submission:
      over || about.submission.reasonText ? submission : { ...submission, reasonText: null },
    attempt: about.exit === undefined ? undefined : attemptWith(about.exit),
    standing: { position: undefined, waitsFor: undefined, stop: undefined, obstacle: undefined },
    application: application as Application | undefined,
    room: report === undefined ? undefined : roomOf(report, about.application?.queue ?? ''),
    texts: sections
      .filter(([source]) => source.includes('/'))
      .map(([source, text]) => ({ source, lines: linesOf(text) })),
    now: 2000
  }
}

export function diagnosisOf(one: DiagnosisCase): Diagnosis {
  return diagnose(factsOf(one))
}

export function submissionWith(given: Partial<Submission>): Submission {
  return {
    id: '0'.repeat(32),
    taskName: 'a-job',
    engine: 'spark',
    deployMode: 'client',
    owner: 'alice',
    requestId: 'r',
    configFile: 'a.conf',
    configDigest: 'sha256:0',
    installationTag: 'st-i-1',
    submissionTag: 'st-s-1',
    state: 'RUNNING',
    reason: null,
    reasonText: null,
    applicationId: null,
    startedAt: null,
    acceptedAt: 1000,
    startDeadline: NO_DEADLINE,
    changedAt: 1000,
    stopRequestedBy: null,
    stopRequestedAt: null,
    yarnState: null,
    finalStatus: null,
    observedAt: null,
    stale: null,
    staleSince: null,
    replaces: null,
    replacesApplication: null,
    promised: true,
    outcome: null,
    evidence: [],
    warnings: [],
    closedBy: null,
    closedAt: null,
    ...given
  } as Submission
}

function attemptWith(code: number): Attempt {
  return {
    id: `${'0'.repeat(32)}-1`,
    createdAt: 1000,
    exit: { kind: 'exited', code },
    failure: null
  } as Partial<Attempt> as Attempt
}
