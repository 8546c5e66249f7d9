import { join } from 'node:path'
import { type SandboxYarn, startYarn, type YarnOptions } from '@scheduler-task/sandbox/yarn/yarn'
import { lastingDirectory } from '@scheduler-task/test-support/lasting-directory'
import { createLogServers } from '@scheduler-task/yarn-client/log-servers'
import { createNodeManagerLogs } from '@scheduler-task/yarn-client/node-manager-logs'
import { createResourceManager } from '@scheduler-task/yarn-client/resource-manager'
import { pino } from 'pino'
import type { Test } from 'tap'
import { createLogSpools } from '../../src/adapters/log-spools.ts'
import { createBackgroundWork } from '../../src/domain/background-work.ts'
import { createAmContainers } from '../../src/domain/container-logs/am-containers.ts'
import { type CollectorLimits, createCollector } from '../../src/domain/container-logs/collector.ts'
import { withPatience } from '../../src/domain/container-logs/node-patience.ts'
import { createJobSecrets } from '../../src/domain/job-secrets.ts'
import type { JobStore, NewSubmission } from '../../src/domain/job-store.ts'
import type { LogLine, LogSpools } from '../../src/domain/log-spool.ts'
import type { Parts } from '../../src/domain/parts.ts'
import { newSubmission } from './job-store-contract.ts'
import { openStore } from './sqlite-store.ts'

export type Collecting = {
  yarn: SandboxYarn
  store: JobStore
  /** Ids of submissions that somebody follows. */
  followed: Set<string>
  /** A running job, whose application YARN plays; answers both ids. */
  run: (
    options?: Parameters<SandboxYarn['submit']>[0],
    more?: Partial<NewSubmission> & { executors?: number }
  ) => Promise<{ id: string; app: string }>
  /** The application ends, and the record of it. */
  finish: (job: { id: string; app: string }, state?: 'FINISHED' | 'FAILED') => Promise<void>
  /** All lines so far, of one source or all. */
  lines: (id: string, source?: string) => Promise<LogLine[]>
  texts: (id: string, source: string) => Promise<string[]>
  ended: (id: string) => Promise<boolean>
  /** A collector as a process would have it; answers how to kill it. */
  collect: (limits?: Partial<CollectorLimits>) => () => Promise<void>
}

/** What every launcher gets. */
const LAUNCHER_VARIABLES = { LAUNCHER_ENV_VAULT_TOKEN: 'of-the-launchers' }

/** A collector, logs on disk and a store, in front of the stand-ins. */
export async function collecting(t: Test, yarnOptions: YarnOptions = {}): Promise<Collecting> {
  const yarn = await startYarn(yarnOptions)
  t.teardown(() => yarn.close())
  const store = await openStore(t)
  const root = lastingDirectory(t, {})
  const log = pino({ level: 'silent' })
  const rm = createResourceManager({ urls: [yarn.url], user: 'alice' })
  t.teardown(rm.close)
  const followed = new Set<string>()
  const ending = new AbortController()
  t.teardown(() => ending.abort())
  const open = () =>
    createLogSpools({
      root: join(root, 'logs'),
      maxBytes: 32 * 1024 * 1024,
      bootId: 'b1',
      log,
      signal: ending.signal
    })
  let spools: LogSpools = open()
  let submissions = 0

  async function lines(id: string, source?: string): Promise<LogLine[]> {
    const found: LogLine[] = []
    for (let from = 0; ; ) {
      const range = { from, maxBytes: 1024 * 1024, ...(source && { sources: [source] }) }
      const part = await spools.read(id, range)
      found.push(...part.lines.filter((line) => !source || line.source === source))
      if (part.next >= part.size) return found
      from = part.next
    }
  }

  return {
    yarn,
    store,
    followed,
    run: async (options = {}, { executors = 1, ...more } = {}) => {
      submissions += 1
      const id = `job-${submissions}`
      const app = yarn.submit(options)
      if (!options.am) yarn.advance(app, 'RUNNING', { executors })
      await store.accept(newSubmission({ id, taskName: id, submissionTag: `st-s-${id}`, ...more }))
      await store.change(id, { to: 'LAUNCHING', who: 'executor' })
      await store.change(id, { to: 'SUBMITTED', who: 'executor', also: { applicationId: app } })
      await store.change(id, { to: 'RUNNING', who: 'resource-manager' })
      return { id, app }
    },
    finish: async ({ id, app }, state = 'FINISHED') => {
      if (state === 'FAILED') yarn.advance(app, 'FAILED')
      else yarn.advance(app, 'FINISHED')
      await store.change(id, { to: state, who: 'resource-manager' })
    },
    lines,
    texts: async (id, source) => (await lines(id, source)).map(({ text }) => text),
    ended: async (id) => (await spools.read(id, { from: 0, maxBytes: 1 })).complete,
    collect: (limits = {}) => {
      spools = open()
      const background = createBackgroundWork(log)
      const parts = { store, rm, background, log, ownership: { isMine: () => true } }
      // Of all parts it needs these.
      const given = parts as unknown as Parts
      const nodes = { user: 'alice', connectTimeoutMs: 500, timeoutMs: 1500 }
      const nodeManagers = withPatience(createNodeManagerLogs(nodes))
      const urls = yarn.historyUrl === '' ? [] : [yarn.historyUrl]
      const logServers = createLogServers({ ...nodes, urls })
      const collector = createCollector(given, createAmContainers(given), {
        secretsOf: createJobSecrets(store, LAUNCHER_VARIABLES),
        feeds: {
          open: spools.open,
          isOpenHere: async (id) => !(await spools.read(id, { from: 0, maxBytes: 1 })).complete,
          unended: spools.unended,
          isFollowed: (id) => followed.has(id),
          containersEnded: async (id) => await (await spools.open(id)).end()
        },
        sources: { nodeManagers, logServers },
        limits: { followedMs: 60, seldomMs: 300, patienceMs: 3000, ...limits }
      })
      collector.start()
      let closing: Promise<void> | undefined
      const end = () => {
        closing ??= (async () => {
          await background.close()
          await nodeManagers.close()
          await logServers.close()
        })()
        return closing
      }
      t.teardown(end)
      return end
    }
  }
}
