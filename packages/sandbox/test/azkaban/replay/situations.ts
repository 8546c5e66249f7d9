import { until } from '@scheduler-task/test-support/until'
import type { AzkabanOptions, SandboxAzkaban } from '../../../src/azkaban/azkaban.ts'
import type { Status } from '../../../src/azkaban/execution.ts'
import type { Recording } from '../../yarn/replay/recording.ts'
import type { Fields } from '../support/azkaban.ts'
import {
  earlyDemo,
  goodThird,
  heldReport,
  listedProjects,
  retriedMix,
  sharedParameters
} from '../support/demo-project.ts'
import {
  type Folder,
  parameterOf,
  readRecording,
  recordedText,
  recordingNames
} from './recording.ts'

export interface Stage {
  readonly azkaban: SandboxAzkaban
  readonly recording: Recording
  readonly folder: Folder
  /** The execution that the request names. */
  readonly execId: number
  /** Calls of the recorded administrator. */
  readonly call: (ajax: string, fields: Fields) => Promise<unknown>
  /** Starts a flow of the recorded project. */
  readonly start: (flow: string, fields?: Fields) => Promise<void>
  readonly logIn: (name: string) => Promise<string>
  /** The request will have this session in place of the recorded one. */
  readonly useSession: (id: string) => void
}

/** How the stand-in comes into the situation of a recording. */
export interface Situation {
  readonly options?: AzkabanOptions
  /** Where the recording does not tell it. */
  readonly firstId?: number
  /** Address from which the request comes. */
  readonly localAddress?: string
  readonly prepare?: (stage: Stage) => Promise<void>
}

const nothing: Situation = {}
const quick: AzkabanOptions = { dispatchDelayMs: 0 }
const held: AzkabanOptions = { dispatchDelayMs: Infinity }
const stubbornGraceMs = 5000
/** Long enough for a request to come before the next refresh on a busy machine. */
const longRefreshMs = 2000

async function shows(stage: Stage, id: number, status: Status): Promise<void> {
  await until(`execution ${id} shows ${status}`, () => {
    return stage.azkaban.execution(id).view.shownStatus === status
  })
}

/** Starts the flow as the recorded execution and waits until it shows that status. */
const run = (flow: string, status: Status, then?: Situation['prepare']): Situation => ({
  options: quick,
  async prepare(stage) {
    await stage.start(flow)
    await shows(stage, stage.execId, status)
    await then?.(stage)
  }
})

/** Runs of that flow that go on: as many as the recorded answer names. */
const beside = (flow: string, then?: Situation['prepare']): Situation => ({
  options: quick,
  async prepare(stage) {
    for (const id of idsBefore(stage.recording)) {
      await stage.start(flow)
      await shows(stage, id, 'RUNNING')
    }
    await then?.(stage)
  }
})

/** Executions that were there before the recorded request. */
function idsBefore({ answer }: Recording): number[] {
  const [, listed] = /execIds" : \[ ([\d, ]+) \]/.exec(answer.body) ?? []
  const [, named] = /running with exec id ([\d,]+)\. /.exec(answer.body) ?? []
  const ids = (listed ?? named ?? '4').split(/, ?/).map(Number)
  return [...new Set(ids)]
}

/** Id that the first execution of the stand-in must have, for the ids to be those of the recording. */
export function firstIdOf(recording: Recording): number {
  const asked = Number(parameterOf(recording, 'execid'))
  if (asked > 0 && asked < 1000) return asked
  if (/execIds|running with exec id|already running\./.test(recording.answer.body)) {
    return idsBefore(recording)[0] ?? 1
  }
  return Number(/"execid" : (\d+)/.exec(recording.answer.body)?.[1] ?? 4)
}

/** A run that waits in the queue. */
const queued = (flow: string, then?: Situation['prepare']): Situation => ({
  options: held,
  async prepare(stage) {
    await stage.start(flow)
    await then?.(stage)
  }
})

const jobRuns = (stage: Stage, job: string) => {
  return until(`${job} runs`, () => {
    const jobs = stage.azkaban.execution(stage.execId).view.jobs
    return jobs.some((one) => one.nestedId === job && one.status === 'RUNNING')
  })
}

const cancel = async (stage: Stage) => {
  await stage.call('cancelFlow', { execid: stage.execId })
}

const killed = run('longsleep', 'RUNNING', async (stage) => {
  await cancel(stage)
  await shows(stage, stage.execId, 'KILLED')
})

/** Long after its end, when the web server has forgotten that it ran. */
const longKilled: Situation = { ...killed, options: { ...quick, justFinishedMs: 0 } }

const stubbornDies: Situation = {
  options: { ...quick, justFinishedMs: 0, killGraceMs: 20 },
  async prepare(stage) {
    await stage.start('stubborn')
    await shows(stage, stage.execId, 'RUNNING')
    await cancel(stage)
    await shows(stage, stage.execId, 'KILLED')
  }
}

/** While a cancel waits for the stubborn job. */
const stubbornResists: Situation = {
  options: { ...quick, killGraceMs: stubbornGraceMs },
  async prepare(stage) {
    await stage.start('stubborn')
    await shows(stage, stage.execId, 'RUNNING')
    void cancel(stage).catch(() => {})
    await until(
      'the kill is called',
      () => stage.azkaban.requests.at(-1)?.parameters.ajax === 'cancelFlow'
    )
  }
}

const past = (flow: string, status: Status = 'SUCCEEDED'): Situation => ({
  ...run(flow, status),
  options: { ...quick, justFinishedMs: 0 }
})

/** The log of the recorded run, put together from its recorded blocks. */
const noisy: Situation = {
  options: { ...quick, justFinishedMs: 0 },
  async prepare(stage) {
    await stage.start('noisy')
    await shows(stage, stage.execId, 'SUCCEEDED')
    const blocks = recordingNames(stage.folder)
      .filter((name) => /^23[345]|^247/.test(name))
      .map((name) => readRecording(stage.folder, name))
    const text = Buffer.alloc(300_000, '.')
    let size = 0
    for (const block of blocks) {
      const at = Number(parameterOf(block, 'offset'))
      size = Math.max(size, at + text.write(recordedText(stage.folder, block), at))
    }
    stage.azkaban.job(stage.execId, 'noisy').rewrite(text.subarray(0, size))
  }
}

/** "ab" and Chinese characters at the requested place of a log that grows. */
const talk = run('talk', 'RUNNING', async (stage) => {
  const before = '.'.repeat(Number(parameterOf(stage.recording, 'offset')))
  stage.azkaban.job(stage.execId, 'talk').rewrite(`${before}ab漢字 <&> é 😀\n`)
})

const retried = past('again', 'FAILED')

/** Rows 182 to 600 in the recorded width: 194 of them fill a file. */
const rotated = (ended: boolean): Situation => ({
  options: { ...quick, logChunkBytes: 20 * 1024, logBackups: 2, justFinishedMs: 0 },
  async prepare(stage) {
    await stage.start('rot')
    await jobRuns(stage, 'rot')
    const job = stage.azkaban.job(stage.execId, 'rot')
    job.rewrite('')
    for (let n = 182; n <= 600; n++) {
      job.append(`${`22-11-2026 19:36:41 CST rot INFO - row ${n} `.padEnd(105, 'a')}\n`)
    }
    if (!ended) return
    job.finish('SUCCEEDED')
    await shows(stage, stage.execId, 'SUCCEEDED')
  }
})

const cancelAll = async (stage: Stage) => {
  const ids = stage.azkaban.executions.map((one) => one.execId)
  await Promise.all(ids.map((execid) => stage.call('cancelFlow', { execid })))
  for (const id of ids) await shows(stage, id, 'KILLED')
}

/** Runs that were cancelled a moment ago: as many as the history tells of, else five. */
const fiveKilled: Situation = {
  options: quick,
  async prepare(stage) {
    const first = stage.execId
    const count = Number(/"total" : ([1-9])/.exec(stage.recording.answer.body)?.[1] ?? 5)
    for (let id = first; id < first + count; id++) {
      await stage.start('longsleep')
      await shows(stage, id, 'RUNNING')
    }
    await cancelAll(stage)
  }
}

const disabled: Situation = {
  options: { ...quick, justFinishedMs: 0 },
  async prepare(stage) {
    await stage.start('report', { disabled: '["stats"]' })
    await shows(stage, stage.execId, 'SUCCEEDED')
  }
}

const thirdDisabled: Situation = {
  options: { ...quick, projects: [goodThird] },
  async prepare(stage) {
    await stage.start('third', { disabled: '["first"]' })
    await shows(stage, stage.execId, 'SUCCEEDED')
  }
}

/** A run that came while the only executor took none. */
const inactive: Situation = {
  options: held,
  async prepare(stage) {
    await stage.start('ok')
    stage.azkaban.executor = 'inactive'
    stage.azkaban.execution(stage.execId).dispatch()
  }
}

const race = 'the server removes the session after it has answered: a race that either side may win'

const full: Situation = {
  options: { sessionCap: 3 },
  async prepare({ logIn }) {
    for (let n = 0; n < 3; n++) await logIn('azkaban')
  }
}

const loggedOut: Situation = {
  async prepare(stage) {
    const id = await stage.logIn('azkaban')
    await fetch(`${stage.azkaban.url}/?logout=1&session.id=${id}`, { redirect: 'manual' })
    stage.useSession(id)
  }
}

/** The log-out of a session that was used nowhere else. */
const logsOut: Situation = {
  async prepare(stage) {
    stage.useSession(await stage.logIn('azkaban'))
  }
}

/** Both jobs of the flow `two`, one after the other. */
const twoEnded = run('two', 'RUNNING', async (stage) => {
  stage.azkaban.job(stage.execId, 'one').finish('SUCCEEDED')
  await shows(stage, stage.execId, 'SUCCEEDED')
})

const chain: Situation = {
  ...run('report', 'RUNNING'),
  options: { ...quick, projects: [heldReport] }
}

const running = run('longsleep', 'RUNNING')
const listing: Situation = { options: { projects: listedProjects(['second', 'empty']) } }
const withOptions: Situation = {
  options: { ...quick, justFinishedMs: 0 },
  async prepare(stage) {
    const fields = { 'flowOverride[app]': '中文 <1>', 'flowOverride[day]': '2020-01-02' }
    await stage.start('param', fields)
    await shows(stage, stage.execId, 'SUCCEEDED')
  }
}

/** Situations by the name of the recording without its number; those not named need none. */
const common: Readonly<Record<string, Situation>> = {
  'session-other-address': { localAddress: '127.0.0.2' },
  logout: logsOut,
  'after-logout': loggedOut,
  'fetch-right-after': queued('ok'),
  'fetch-succeeded': past('ok'),
  'fetch-succeeded-get': past('ok'),
  'execute-stray-execid': past('ok'),
  'fetch-running': running,
  'getrunning-one': beside('longsleep'),
  'execute-default-concurrent': beside('longsleep'),
  'execute-skip': beside('longsleep'),
  'execute-ignore': beside('longsleep'),
  'execute-pipeline-1': beside('longsleep'),
  'execute-unknown-option': beside('longsleep'),
  'getrunning-some': beside('longsleep'),
  'getrunning-denied': beside('longsleep'),
  'log-running': running,
  'log-running-past-end': running,
  'log-running-negative-offset': running,
  'log-running-attempt-9': running,
  'cancel-denied': running,
  'fetch-denied': running,
  'cancel-running': running,
  'fetch-after-cancel': {
    ...run('longsleep', 'RUNNING', cancel),
    options: { ...quick, refreshMs: longRefreshMs }
  },
  'fetch-killed': killed,
  'log-just-finished': killed,
  'cancel-just-finished': killed,
  'getrunning-just-finished': fiveKilled,
  'execute-just-finished': fiveKilled,
  'log-killed': longKilled,
  'cancel-finished': longKilled,
  'fetch-disabled': disabled,
  'log-disabled': disabled,
  'log-options': withOptions,
  'fetch-chain-running': chain,
  'log-not-started': chain,
  'log-unknown-job': chain,
  'fetch-failed': past('bad', 'FAILED'),
  'log-failed': past('bad', 'FAILED'),
  'fetch-failed-chain': past('third', 'FAILED'),
  'fetch-retrying': run('again', 'RUNNING', async (stage) => {
    await until('the retry waits', () => {
      return stage.azkaban.execution(stage.execId).view.jobs[0]?.status === 'QUEUED'
    })
  }),
  'fetch-retried': retried,
  'log-attempt-0': retried,
  'log-attempt-1': retried,
  'log-attempt-default': retried,
  'log-attempt-9': retried,
  'fetch-embedded': past('outer'),
  'log-embedded': past('outer'),
  'fetch-failed-finishing': run('mix', 'FAILED_FINISHING'),
  'fetch-mix-end': { ...past('mix', 'FAILED'), options: { ...quick, projects: [retriedMix] } },
  'fetch-paused': run('s3', 'RUNNING', async ({ azkaban, execId }) => {
    azkaban.execution(execId).show('PAUSED')
  }),
  'getrunning-paused': beside('s3'),
  'fetch-resumed': run('s3', 'RUNNING'),
  'cancel-paused': run('s3', 'RUNNING'),
  'fetch-killing': stubbornResists,
  'cancel-again': stubbornResists,
  'cancel-stubborn': { ...run('stubborn', 'RUNNING'), options: { ...quick, killGraceMs: 20 } },
  'fetch-after-slow-cancel': {
    ...run('stubborn', 'RUNNING', cancel),
    options: { ...quick, killGraceMs: 20, refreshMs: longRefreshMs, forcedDeathMs: 60_000 }
  },
  'fetch-killed-stubborn': stubbornDies,
  'log-killed-stubborn': stubbornDies,
  'log-dotted': past('etl.load'),
  'log-live-cut-4': talk,
  'log-live-cut-5': talk,
  projectflows: listing,
  'projectflows-post': listing,
  'projectflows-none': listing,
  'projectflows-case': listing,
  executions: fiveKilled,
  'executions-page-2': fiveKilled,
  'executions-past-end': fiveKilled,
  'fetch-held': queued('ok'),
  'log-held': queued('ok'),
  'getrunning-held': queued('ok'),
  'cancel-held': queued('ok'),
  'fetch-held-cancelled': queued('ok', cancel),
  'execute-queue-held': { options: held },
  'execute-no-active-executor': { options: held },
  'fetch-queued': queued('ok'),
  'log-queued': queued('ok')
}

/** With the project of 2.5.0. */
const early = (situation: Situation): Situation => ({
  ...situation,
  options: { projects: [earlyDemo], ...situation.options }
})

const sessionLostInRestart: Situation = {
  async prepare(stage) {
    stage.useSession(await stage.logIn('azkaban'))
    await stage.azkaban.restart()
  }
}

/** The executor has come back without the run that it had. */
const lostRun = (lostRunMs: number): Situation => ({
  ...run('longsleep', 'RUNNING', async ({ azkaban }) => {
    await azkaban.restart({ losesRuns: true })
  }),
  options: { ...quick, lostRunMs }
})

const executorAway = (lostRunMs = 60_000): Situation => ({
  ...run('longsleep', 'RUNNING', async ({ azkaban }) => {
    azkaban.executor = 'down'
  }),
  options: { ...quick, lostRunMs }
})

const thenFails = (situation: Situation): Situation => ({
  ...situation,
  async prepare(stage) {
    await situation.prepare?.(stage)
    await shows(stage, stage.execId, 'FAILED')
  }
})

const earlySituations: Readonly<Record<string, Situation>> = {
  'cookie-session': past('ok'),
  'param-session': past('ok'),
  'empty-cookie-and-param': past('ok'),
  'one-shot-post': past('ok'),
  'session-forwarded-for': past('ok'),
  'log-denied': running,
  'log-at-once': queued('longsleep'),
  'log-running-negative-length': running,
  'log-just-finished': past('ok'),
  'cancel-just-finished': past('ok'),
  'log-options': {
    options: quick,
    async prepare(stage) {
      await stage.start('param', { 'flowOverride[greeting]': '你好' })
      await shows(stage, stage.execId, 'SUCCEEDED')
    }
  },
  'fetch-disabled': thirdDisabled,
  'log-disabled': thirdDisabled,
  'fetch-chain-running': run('s3', 'RUNNING'),
  'log-not-started': run('s3', 'RUNNING'),
  'log-unknown-job': run('s3', 'RUNNING'),
  'fetch-embedded': past('outerend'),
  'log-embedded': past('outerend'),
  'fetch-mix-end': {
    ...run('mix', 'FAILED_FINISHING', async (stage) => {
      stage.azkaban.job(stage.execId, 'sleeping').finish('SUCCEEDED')
      await shows(stage, stage.execId, 'FAILED')
    })
  },
  'log-live-markup': talk,
  'log-no-job': noisy,
  'restarted-stale-xrw': sessionLostInRestart,
  'restarted-fetch': lostRun(60_000),
  'restarted-log': lostRun(60_000),
  'restarted-cancel': lostRun(60_000),
  'restarted-getrunning': { ...lostRun(60_000), firstId: 18 },
  'restarted-fetch-final': thenFails(lostRun(20)),
  'execute-executor-away': {
    async prepare({ azkaban }) {
      azkaban.executor = 'down'
    }
  },
  'log-executor-away': executorAway(),
  'cancel-executor-away': executorAway(),
  'fetch-executor-away': executorAway(),
  'fetch-executor-lost': thenFails(executorAway(20))
}

/** What other versions met under the same name. */
const special: Readonly<Partial<Record<Folder, Readonly<Record<string, Situation>>>>> = {
  '2.5.0': earlySituations,
  '3.0.0': {
    'projectflows-deleted': { options: { projects: listedProjects(['second', 'empty', 'gone']) } },
    'fetch-retrying': retried,
    'fetch-paused': run('s3', 'RUNNING'),
    'execute-just-finished': { ...fiveKilled, firstId: 5 }
  },
  '3.90.0': { 'fetch-queued-cancelled': inactive },
  HEAD: { 'fetch-queued-cancelled': inactive },
  '3.90.0-poll': {
    'cap-login-1': { options: { sessionCap: 3 } },
    'cap-login-2': { options: { sessionCap: 3 } },
    'cap-login-3': { options: { sessionCap: 3 } },
    'cap-login-4': full,
    'cap-other-ip': full,
    'cap-logout': logsOut,
    'fetch-right-after': queued('two'),
    'log-right-after': queued('two'),
    'getrunning-right-after': queued('two'),
    'execute-skip': { ...queued('two'), firstId: 1 },
    'fetch-running': run('two', 'RUNNING'),
    'log-not-started': run('two', 'RUNNING'),
    'log-running': run('two', 'RUNNING'),
    'log-just-finished': twoEnded,
    'getrunning-just-finished': { ...twoEnded, firstId: 1 },
    'cancel-just-finished': twoEnded,
    'cancel-queued': queued('longsleep'),
    'fetch-cancelled-queued': queued('longsleep', cancel),
    'getrunning-two': beside('longsleep'),
    'log-override': {
      options: { ...quick, projects: [sharedParameters] },
      async prepare(stage) {
        const fields = { 'flowOverride[own]': 'override', 'flowOverride[app]': '中文 <1>' }
        await stage.start('param', fields)
        await shows(stage, stage.execId, 'SUCCEEDED')
      }
    },
    'log-undefined-parameter': past('undef', 'FAILED'),
    'log-rotated-live': rotated(false),
    'log-rotated-live-offset': rotated(false),
    'log-rotated-stored': rotated(true),
    'log-rotated-stored-offset': rotated(true),
    'fetch-before-expiry': rotated(true),
    'fetch-after-expiry': { options: { sessionTtlMs: 0 } }
  }
}

/** Recordings that are not replayed, and why; by folder and name. */
export const leftOut: Readonly<Record<string, string>> = {
  '3.0.0/047-after-logout-at-once': race,
  '3.90.0/047-after-logout-at-once': race
}

export function situationOf(folder: Folder, name: string): Situation {
  const bare = name.replace(/^\d+-/, '')
  const found = special[folder]?.[bare] ?? common[bare]
  if (found) return folder === '2.5.0' ? early(found) : found
  const usesNoisy = readRecording(folder, name).requestBody.includes('jobId=noisy')
  const plain = usesNoisy && bare !== 'log-unknown-exec' ? noisy : nothing
  return folder === '2.5.0' ? early(plain) : plain
}
