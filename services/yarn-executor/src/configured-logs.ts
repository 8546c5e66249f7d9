import { resolve } from 'node:path'
import { readBootId } from '@scheduler-task/host-identity/boot-id'
import { createLauncherLog } from './adapters/launcher-log.ts'
import { OTHER_HOST_LEAP } from './adapters/log-spool-file.ts'
import { createLogSpools } from './adapters/log-spools.ts'
import type { Config } from './config.ts'
import { attemptsRoot } from './configured-launching.ts'
import type { ConfiguredStore } from './configured-store.ts'
import { createBackgroundWork } from './domain/background-work.ts'
import { createJobLogs, type JobLogs } from './domain/job-logs.ts'
import type { Launching } from './domain/launching.ts'
import type { Log } from './domain/log.ts'
import { createLogFeeds, type LogFeeds } from './domain/log-feeds.ts'
import { createLogFollowing } from './domain/log-following.ts'
import type { LogSpools } from './domain/log-spool.ts'
import type { Attempt } from './domain/submission.ts'
import { createLogRelay, type LogRelay, type TextRelay } from './http/v2/log-relay.ts'

export type Logging = Readonly<{
  spools: LogSpools
  feeds: LogFeeds
  logs: JobLogs
  relay: LogRelay
  relayForText: TextRelay
  /** The same launching; what it launches has a log. */
  feedingLaunching: Launching
  start: () => void
  close: () => Promise<void>
}>

type Needs = Readonly<{
  config: Config
  store: ConfiguredStore['store']
  hosts: ConfiguredStore['hosts'] | undefined
  launching: Launching
  log: Log
}>

/** The logs of the jobs that this process launches, and where those of others are. They are the process's, whatever lease it has. */
export function createLogging({ config, store, hosts, launching, log }: Needs): Logging {
  const background = createBackgroundWork(log)
  const { signal } = background
  const launcherOutput = createLauncherLog({
    root: attemptsRoot(config),
    launching,
    environment: config['LAUNCHER_ENV_*'],
    maxBehindBytes: config.LOG_MAX_BYTES_PER_JOB,
    signal,
    log
  })
  const isHere = ({ directory, hostId }: Attempt) =>
    launcherOutput.isHere({ directory }) && (!hosts || hostId === null || hostId === hosts.own)

  /** Of a log that goes on here no cursor is one that another host has answered. */
  async function startAt(submissionId: string): Promise<number> {
    const attempts = await store.attemptsOf(submissionId)
    return Math.max(0, attempts.findIndex(isHere)) * OTHER_HOST_LEAP
  }

  const spools = createLogSpools({
    root: resolve(config.DATA_DIR, 'logs'),
    maxBytes: config.LOG_MAX_BYTES_PER_JOB,
    bootId: readBootId(),
    log,
    signal,
    startAt
  })
  const following = createLogFollowing(spools)
  const feeds = createLogFeeds(
    { store, background, log },
    { spools, launcherOutput, isFollowed: following.isFollowed, withContainers: true }
  )
  const urlsOf = async ({ hostId }: Attempt) => (hostId && (await hosts?.urlsOf(hostId))) || []
  const { relay, relayForText, close } = createLogRelay()

  return {
    spools,
    feeds,
    relay,
    relayForText,
    logs: createJobLogs({ store }, { spools, following, isHere, urlsOf }),
    feedingLaunching: {
      ...launching,
      prepare: async (request) => {
        const prepared = await launching.prepare(request)
        const { attemptId, directory } = prepared
        await feeds.begin(request.submissionId, { attemptId, directory, identity: undefined })
        return prepared
      }
    },
    start: feeds.start,
    close: async () => {
      await background.close()
      await close()
    }
  }
}
