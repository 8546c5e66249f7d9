import { join } from 'node:path'
import { createSqlJobStore } from '@scheduler-task/yarn-executor/adapters/sql-job-store'
import { openSqliteFile } from '@scheduler-task/yarn-executor/adapters/sqlite-file'
import type { JobStore } from '@scheduler-task/yarn-executor/domain/job-store'
import { NO_SETTINGS } from '@scheduler-task/yarn-executor/domain/launching'
import { NO_DEADLINE } from '@scheduler-task/yarn-executor/domain/submission'
import {
  attemptTagOf,
  installationTagOf,
  newId,
  submissionTagOf
} from '@scheduler-task/yarn-executor/domain/tags'
import type { ResourceManager } from './resource-manager.ts'
import type { Planned } from './resource-manager-process.ts'

export type StoredJob = Readonly<{
  id: string
  applicationId: string
  state: 'SUBMITTED' | 'RUNNING'
}>

const AT_ONCE = 500

/**
 * Jobs that run, as if they had been started by an executor with this data directory: to launch 10 000 takes many
 * minutes. One in ten has been accepted and waits. To be called while no executor runs.
 */
export async function storeJobs(
  dataDir: string,
  rm: ResourceManager,
  count: number
): Promise<StoredJob[]> {
  const store = createSqlJobStore(await openSqliteFile(join(dataDir, 'executor.sqlite')))
  try {
    const installationTag = installationTagOf(await store.installationId())
    const jobs: StoredJob[] = []
    while (jobs.length < count) {
      const size = Math.min(AT_ONCE, count - jobs.length)
      jobs.push(...(await storeSome(store, rm, installationTag, size)))
    }
    return jobs
  } finally {
    await store.close()
  }
}

async function storeSome(
  store: JobStore,
  rm: ResourceManager,
  installationTag: string,
  count: number
): Promise<StoredJob[]> {
  const drafts = Array.from({ length: count }, (_, at) => {
    const id = newId(Date.now())
    const attemptId = `${id}-1`
    const tags = [installationTag, submissionTagOf(id), attemptTagOf(attemptId)]
    const state: Planned['state'] = at % 10 === 0 ? 'ACCEPTED' : 'RUNNING'
    return { id, attemptId, tags, state, name: `bench-${id}` }
  })
  const applicationIds = await rm.submit(drafts)
  return await Promise.all(
    drafts.map((draft, at) => storeOne(store, draft, applicationIds[at] ?? ''))
  )
}

type Draft = Planned & Readonly<{ id: string; attemptId: string }>

async function storeOne(
  store: JobStore,
  { id, attemptId, tags, state, name }: Draft,
  applicationId: string
): Promise<StoredJob> {
  const [installationTag = '', submissionTag = '', tag = ''] = tags
  await store.accept({
    id,
    taskName: name,
    engine: 'flink',
    deployMode: 'client',
    profile: 'waterdrop-2',
    settings: NO_SETTINGS,
    program: null,
    owner: 'bench',
    requestId: 'bench',
    configFile: 'job.conf',
    configDigest: 'sha256:0',
    installationTag,
    submissionTag,
    startDeadline: NO_DEADLINE,
    replaces: null,
    promised: true
  })
  await store.addAttempt({
    id: attemptId,
    submissionId: id,
    tag,
    profile: 'waterdrop-2',
    argv: ['/bin/bash', 'start-waterdrop-flink.sh', '-m', 'yarn-cluster', '-ynm', name],
    renderedDigest: 'sha256:0',
    holdsDriver: false,
    directory: '/nonexistent'
  })
  await store.change(id, { to: 'LAUNCHING', who: 'executor' })
  await store.attemptEnded(attemptId, { kind: 'exited', code: 0 })
  const seen = { yarnState: state, finalStatus: 'UNDEFINED', observedAt: Date.now() }
  const also = { applicationId, startedAt: Date.now(), ...seen }
  await store.change(id, { to: 'SUBMITTED', who: 'resource-manager', also })
  if (state === 'ACCEPTED') return { id, applicationId, state: 'SUBMITTED' }
  await store.change(id, { to: 'RUNNING', who: 'resource-manager', also: seen })
  return { id, applicationId, state: 'RUNNING' }
}
