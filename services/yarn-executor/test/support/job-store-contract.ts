import type { Test } from 'tap'
import { type JobStore, NameTaken, type NewSubmission } from '../../src/domain/job-store.ts'
import { NO_SETTINGS } from '../../src/domain/launching.ts'
import { ImpossibleChange, type SubmissionState } from '../../src/domain/submission.ts'

let made = 0

/** A submission as the domain would write it, with an id and tags of its own. */
export function newSubmission(given: Partial<NewSubmission> = {}): NewSubmission {
  made += 1
  const id = `0000-${process.pid}-${String(made).padStart(6, '0')}`
  return {
    id,
    taskName: `task-${id}`,
    engine: 'spark',
    deployMode: 'client',
    owner: 'alice',
    requestId: 'request-1',
    configFile: 'application.spark.conf',
    configDigest: 'sha256:00',
    installationTag: 'st-i-0',
    submissionTag: `st-s-${id}`,
    startDeadline: 1000,
    replaces: null,
    promised: false,
    profile: 'waterdrop-2',
    settings: NO_SETTINGS,
    program: null,
    ...given
  }
}

export type OpenedStore = {
  store: JobStore
  /** Closes it and opens what it kept: what a restart of the service does. */
  reopen(): Promise<JobStore>
}

const WAYS_TO: Record<SubmissionState, readonly SubmissionState[]> = {
  ACCEPTED: [],
  LAUNCHING: ['LAUNCHING'],
  SUBMITTED: ['LAUNCHING', 'SUBMITTED'],
  RUNNING: ['LAUNCHING', 'SUBMITTED', 'RUNNING'],
  STOPPING: ['STOPPING'],
  FINISHED: ['LAUNCHING', 'SUBMITTED', 'FINISHED'],
  FAILED: ['LAUNCHING', 'SUBMITTED', 'FAILED'],
  KILLED: ['STOPPING', 'KILLED'],
  REJECTED: ['REJECTED'],
  LOST: ['LAUNCHING', 'SUBMITTED', 'LOST']
}

export type OpenStore = (t: Test, now: () => number) => Promise<OpenedStore>

/** What every JobStore keeps, whatever is behind it. */
export function jobStoreContract(t: Test, name: string, open: OpenStore): void {
  t.test(`${name}: how a job is launched is kept to the letter`, async (t) => {
    const { store, reopen } = await open(t, Date.now)
    const settings = {
      queue: 'root.etl',
      variables: { day: '2026-11-23', 'a.b': '' },
      conf: { 'spark.x': 'a "b" \\ $(c)' },
      args: ['--day', '', '中文', '#x'],
      mainClass: 'com.example.Main$'
    }
    const program = { path: '/srv/files/a b.jar', digest: 'sha256:00', bytes: 2 ** 33 }
    const given = newSubmission({ profile: 'spark-submit', settings, program })
    const accepted = await store.accept(given)
    const plain = await store.accept(newSubmission())
    const again = await reopen()
    for (const one of [accepted, await again.find(given.id)]) {
      t.match(one, { profile: 'spark-submit' })
      t.strictSame(one?.settings, settings)
      t.strictSame(one?.program, program)
    }
    const other = await again.find(plain.id)
    t.strictSame([other?.settings, other?.program], [NO_SETTINGS, null])
  })

  t.test(`${name}: a tag is never given twice`, async (t) => {
    const { store } = await open(t, Date.now)
    const first = await store.accept(newSubmission())
    await t.rejects(store.accept(newSubmission({ submissionTag: first.submissionTag })))
    const other = await store.accept(newSubmission())
    const attempt = {
      id: `${first.id}-1`,
      submissionId: first.id,
      tag: `st-a-${first.id}-1`,
      profile: 'waterdrop-2',
      argv: [],
      renderedDigest: '',
      holdsDriver: false,
      directory: '/nowhere'
    }
    await store.addAttempt(attempt)
    const again = { ...attempt, id: `${other.id}-1`, submissionId: other.id }
    await t.rejects(store.addAttempt(again))
    t.equal((await store.live()).length, 2, 'the others are as they were')
    t.strictSame(await store.attemptsOf(other.id), [])
  })

  t.test(
    `${name}: an accepted submission is there after a restart, as it was written`,
    async (t) => {
      const { store, reopen } = await open(t, () => 500)
      const written = newSubmission({ taskName: '测试任务.v1', startDeadline: 120_500 })
      const accepted = await store.accept(written)
      t.match(accepted, { ...written, state: 'ACCEPTED', acceptedAt: 500, applicationId: null })
      const again = await reopen()
      t.strictSame(await again.find(written.id), accepted)
      t.strictSame(await again.live(), [accepted])
      t.strictSame(await again.events(written.id), [
        { submissionId: written.id, at: 500, who: 'alice', what: 'ACCEPTED', detail: null }
      ])
      t.equal(await again.find('nobody'), undefined)
    }
  )

  t.test(`${name}: the end of an application is wanted until it is reported`, async (t) => {
    let clock = 0
    const { store, reopen } = await open(t, () => ++clock)
    await store.wantEnd('application_1_0001', 'alice')
    await store.wantEnd('application_1_0002', 'bob')
    await store.wantEnd('application_1_0001', 'eve')
    const again = await reopen()
    t.strictSame(await again.wantedEnds(), [
      { applicationId: 'application_1_0001', requestedBy: 'alice', requestedAt: 1 },
      { applicationId: 'application_1_0002', requestedBy: 'bob', requestedAt: 2 }
    ])
    await again.endReported('application_1_0001')
    await again.endReported('application_1_0001')
    t.match(await again.wantedEnds(), [{ applicationId: 'application_1_0002' }])
  })

  t.test(`${name}: the installation has one id for good`, async (t) => {
    const { store, reopen } = await open(t, Date.now)
    const ids = await Promise.all([store.installationId(), store.installationId()])
    t.match(ids[0], /^[a-z0-9]{16,}$/)
    t.equal(ids[0], ids[1])
    t.equal(await (await reopen()).installationId(), ids[0])
  })

  t.test(`${name}: of 200 submissions of one name at once, one is accepted`, async (t) => {
    const { store } = await open(t, Date.now)
    const results = await Promise.allSettled(
      Array.from({ length: 200 }, () => store.accept(newSubmission({ taskName: 'same' })))
    )
    const winners = results.filter(({ status }) => status === 'fulfilled')
    t.equal(winners.length, 1)
    const holder = await store.holderOf('same')
    for (const result of results) {
      if (result.status === 'fulfilled') continue
      t.type(result.reason, NameTaken)
      t.equal((result.reason as NameTaken).holder.id, holder?.id)
    }
    t.equal((await store.live()).length, 1)
  })

  t.test(`${name}: live submissions come in order of acceptance`, async (t) => {
    let clock = 1
    const { store } = await open(t, () => clock++)
    const ids: string[] = []
    for (const id of ['b', 'c', 'a']) ids.push((await store.accept(newSubmission({ id }))).id)
    t.strictSame(
      (await store.live()).map(({ id }) => id),
      ids
    )
  })

  for (const [state, way] of Object.entries(WAYS_TO)) {
    const live = ['ACCEPTED', 'LAUNCHING', 'SUBMITTED', 'RUNNING', 'STOPPING'].includes(state)
    t.test(`${name}: a name is ${live ? 'taken' : 'free'} while ${state}`, async (t) => {
      const { store } = await open(t, Date.now)
      const { id } = await store.accept(newSubmission({ taskName: 'x' }))
      for (const to of way) await store.change(id, { to, who: 'test' })
      t.equal((await store.find(id))?.state, state)
      t.equal((await store.holderOf('x'))?.id, live ? id : undefined)
      t.equal((await store.live()).length, live ? 1 : 0)
      const second = store.accept(newSubmission({ taskName: 'x' }))
      await (live ? t.rejects(second, NameTaken) : t.resolves(second))
    })
  }

  t.test(
    `${name}: a step that the states do not have is refused and changes nothing`,
    async (t) => {
      const { store } = await open(t, () => 7)
      const { id } = await store.accept(newSubmission())
      await store.change(id, { to: 'REJECTED', who: 'executor', reason: 'NO_APPLICATION' })
      const before = await store.find(id)
      await t.rejects(store.change(id, { to: 'LAUNCHING', who: 'executor' }), ImpossibleChange)
      t.strictSame(await store.find(id), before)
      t.strictSame(
        (await store.events(id)).map(({ what, detail }) => [what, detail]),
        [
          ['ACCEPTED', null],
          ['REJECTED', 'NO_APPLICATION']
        ]
      )
      await t.rejects(store.change('nobody', { to: 'LAUNCHING', who: 'executor' }))
    }
  )

  t.test(`${name}: a step keeps what is known with it`, async (t) => {
    const { store, reopen } = await open(t, () => 42)
    const { id } = await store.accept(newSubmission())
    await store.change(id, { to: 'LAUNCHING', who: 'executor' })
    const also = {
      applicationId: 'application_1_0001',
      startedAt: 41,
      yarnState: 'ACCEPTED',
      finalStatus: 'UNDEFINED',
      observedAt: 41
    }
    await store.change(id, { to: 'SUBMITTED', who: 'watcher', also })
    await store.change(id, { to: 'STOPPING', who: 'bob', reason: 'STOP_REQUESTED', text: 'why' })
    const again = await reopen()
    t.match(await again.findByApplication('application_1_0001'), {
      id,
      ...also,
      state: 'STOPPING',
      reason: 'STOP_REQUESTED',
      reasonText: 'why',
      stopRequestedBy: 'bob',
      stopRequestedAt: 42
    })
    t.equal(await again.findByApplication('application_1_0002'), undefined)
  })

  t.test(
    `${name}: a restart takes the name over, and gives it back when it ends first`,
    async (t) => {
      const { store } = await open(t, Date.now)
      const old = await store.accept(newSubmission({ taskName: 'x' }))
      await store.change(old.id, { to: 'STOPPING', who: 'alice' })
      const heir = await store.accept(newSubmission({ taskName: 'x', replaces: old.id }))
      t.equal((await store.holderOf('x'))?.id, heir.id)
      await t.rejects(
        store.accept(newSubmission({ taskName: 'x', replaces: old.id })),
        NameTaken,
        'a second restart of the same one does not get it'
      )
      await store.change(heir.id, { to: 'REJECTED', who: 'executor' })
      t.equal((await store.holderOf('x'))?.id, old.id)

      const second = await store.accept(newSubmission({ taskName: 'x', replaces: old.id }))
      await store.change(old.id, { to: 'KILLED', who: 'watcher' })
      t.equal((await store.holderOf('x'))?.id, second.id, 'the end of the old one frees nothing')
      await store.change(second.id, { to: 'REJECTED', who: 'executor' })
      t.equal(await store.holderOf('x'), undefined)
    }
  )

  t.test(
    `${name}: a restart of a restart has the name, however the one between ends`,
    async (t) => {
      const { store } = await open(t, Date.now)
      const old = await store.accept(newSubmission({ taskName: 'x' }))
      const first = await store.accept(newSubmission({ taskName: 'x', replaces: old.id }))
      const second = await store.accept(newSubmission({ taskName: 'x', replaces: first.id }))
      await store.change(first.id, { to: 'STOPPING', who: 'alice' })
      await store.change(first.id, { to: 'KILLED', who: 'executor' })
      t.equal((await store.holderOf('x'))?.id, second.id, 'though the old one is alive')
      await store.change(second.id, { to: 'REJECTED', who: 'executor' })
      t.equal((await store.holderOf('x'))?.id, old.id, 'past the one that is over')
    }
  )

  t.test(`${name}: a restart under another name leaves the old one its own`, async (t) => {
    const { store } = await open(t, Date.now)
    const old = await store.accept(newSubmission({ taskName: 'x' }))
    const heir = await store.accept(newSubmission({ taskName: 'y', replaces: old.id }))
    t.equal((await store.holderOf('x'))?.id, old.id)
    await store.change(heir.id, { to: 'REJECTED', who: 'executor' })
    t.equal((await store.holderOf('x'))?.id, old.id)
    t.equal(await store.holderOf('y'), undefined)
  })

  t.test(`${name}: silence marks what is known as stale, an observation heals it`, async (t) => {
    let clock = 100
    const { store } = await open(t, () => clock)
    const ids: string[] = []
    for (const applicationId of ['application_1_0001', 'application_1_0002']) {
      const { id } = await store.accept(newSubmission())
      await store.change(id, { to: 'LAUNCHING', who: 'executor' })
      await store.change(id, { to: 'SUBMITTED', who: 'watcher', also: { applicationId } })
      ids.push(id)
    }
    const [first = '', second = ''] = ids
    const waiting = await store.accept(newSubmission())
    await store.markStale('RM_UNREACHABLE')
    clock = 200
    await store.markStale('RM_STANDBY')
    await store.markStale('RM_FORGOT', [second])
    t.match(await store.find(first), { state: 'SUBMITTED', stale: 'RM_STANDBY', staleSince: 100 })
    t.match(await store.find(second), { stale: 'RM_FORGOT', staleSince: 100 })
    t.match(await store.find(waiting.id), { stale: null, staleSince: null })
    await store.observe(
      new Map([[first, { yarnState: 'RUNNING', finalStatus: 'UNDEFINED', observedAt: 199 }]])
    )
    t.match(await store.find(first), {
      state: 'SUBMITTED',
      stale: null,
      staleSince: null,
      yarnState: 'RUNNING',
      observedAt: 199
    })
    await store.change(second, { to: 'LOST', who: 'watcher' })
    t.match(await store.find(second), { stale: null })
  })

  t.test(`${name}: what is done for many at once is done for each of them`, async (t) => {
    const { store } = await open(t, () => 3)
    const many = Array.from({ length: 1100 }, () => newSubmission())
    await Promise.all(many.map((one) => store.accept(one)))
    const ids = (await store.live()).map(({ id }) => id)
    t.strictSame(ids, many.map(({ id }) => id).sort(), 'those of one millisecond by id')
    const count = async (key: 'stale' | 'yarnState', value: string) =>
      (await store.live()).filter((one) => one[key] === value).length
    await store.markStale('RM_FORGOT', ids)
    t.equal(await count('stale', 'RM_FORGOT'), 1100)
    const observation = { yarnState: "RUN'NING\0", finalStatus: '{"', observedAt: 7 }
    await store.observe(new Map(ids.slice(1).map((id) => [id, observation])))
    t.equal(await count('yarnState', "RUN'NING\uFFFD"), 1099)
    t.equal(await count('stale', 'RM_FORGOT'), 1)
    t.strictSame(
      await store.watched(),
      (await store.live()).map((one) => ({
        id: one.id,
        submissionTag: one.submissionTag,
        applicationId: one.applicationId,
        state: one.state,
        yarnState: one.yarnState,
        finalStatus: one.finalStatus,
        observedAt: one.observedAt,
        stale: one.stale
      })),
      'what is watched is what lives'
    )
  })

  t.test(`${name}: an attempt, its process and its end are kept`, async (t) => {
    const { store, reopen } = await open(t, () => 9)
    const { id: submissionId } = await store.accept(newSubmission())
    t.equal(await store.attemptOf(submissionId), undefined)
    const attempt = {
      id: `attempt-${submissionId}`,
      submissionId,
      tag: `st-a-${submissionId}`,
      profile: 'waterdrop-2',
      argv: ['/opt/waterdrop/bin/start-waterdrop-spark.sh', '--config', '名.conf', '$(id)'],
      renderedDigest: 'sha256:01',
      holdsDriver: true,
      directory: '/data/attempts/1'
    }
    const added = await store.addAttempt(attempt)
    t.strictSame(added, {
      ...attempt,
      createdAt: 9,
      identity: null,
      exit: null,
      failure: null,
      endedAt: null,
      hostId: null
    })
    const identity = { pid: 4711, startTime: '123456789', bootId: 'boot' }
    await store.attemptStarted(attempt.id, identity)
    const later = await reopen()
    t.strictSame(await later.openAttempts(), [{ ...added, identity }])
    const failure = { code: 'JOB_FAILED', sentence: 'The job failed.', lines: ['boom\0', '失败'] }
    await later.attemptEnded(attempt.id, { kind: 'exited', code: 1 }, failure)
    await later.attemptEnded(attempt.id, { kind: 'signalled', signal: 'SIGKILL' })
    t.match(await later.attemptOf(submissionId), {
      exit: { kind: 'exited', code: 1 },
      failure,
      endedAt: 9
    })
    t.strictSame(await later.openAttempts(), [])
    t.strictSame(
      (await later.events(submissionId)).map(({ what }) => what),
      ['ACCEPTED', 'launcher-started', 'launcher-ended']
    )
  })

  t.test(`${name}: it says when it can be asked no more`, async (t) => {
    const { store } = await open(t, Date.now)
    await t.resolves(store.ping())
    await store.close()
    await t.rejects(store.ping())
  })
}
