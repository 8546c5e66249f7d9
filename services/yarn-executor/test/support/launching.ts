import { fileURLToPath } from 'node:url'
import { lastingDirectory } from '@scheduler-task/test-support/lasting-directory'
import { inspectHost } from '../../src/adapters/launcher-host.ts'
import { createProcessLaunching } from '../../src/adapters/process-launching.ts'
import {
  type AttemptRef,
  type LaunchEvent,
  type Launching,
  type LaunchRequest,
  NO_SETTINGS,
  type ProcessIdentity
} from '../../src/domain/launching.ts'
import type { LauncherProfile } from '../../src/launchers/launcher-profile.ts'
import type { HostedProfile } from '../../src/launchers/launcher-profiles.ts'
import { WATERDROP_2 } from '../../src/launchers/waterdrop-2.ts'

export const APPLICATION = 'application_1795346064118_0033'

export function fixture(name: string): string {
  return fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url))
}

/** `fixture('x.mjs')` run by this Node, without what the test runner adds to its children. */
export function node(name: string, ...args: string[]): string[] {
  return ['/usr/bin/env', '-u', 'NODE_OPTIONS', process.execPath, fixture(name), ...args]
}

export const CONFIG = `env { spark.executor.instances = 1 }
source { Fake { result_table_name = "t1" } }
transform { }
sink { Console { } }
`

export function requestFor(attemptId: string, changes: Partial<LaunchRequest> = {}): LaunchRequest {
  return {
    ...NO_SETTINGS,
    profile: 'waterdrop-2',
    engine: 'spark',
    deployMode: 'client',
    taskName: 'testSpark',
    tags: ['st-i-1', 'st-s-1', `st-a-${attemptId.toLowerCase()}`],
    submissionId: 'submission-1',
    attemptId,
    config: Buffer.from(CONFIG),
    configName: 'application.conf',
    program: null,
    ...changes
  }
}

/** Launchers that are any program: no profile stands between. */
export async function fixtureLaunching(
  root: string,
  argv: readonly string[],
  path = '/usr/bin:/bin'
): Promise<Launching> {
  const profiles = onlyProfile({
    check: () => [],
    render: ({ config }) => config,
    command: async () => ({
      argv,
      environment: { PATH: path, LANG: 'C.UTF-8' },
      holdsDriver: true
    })
  })
  const host = await inspectHost()
  return createProcessLaunching({ root, host, profiles })
}

/** For both engines, and for all jobs: these functions under the name of a real profile. */
export function onlyProfile(
  functions: Pick<LauncherProfile, 'check' | 'render' | 'command'>
): readonly HostedProfile[] {
  const { name, swallowsErrors } = WATERDROP_2
  return (['spark', 'flink'] as const).map((engine) => {
    const facts = { name, swallowsErrors, abilities: WATERDROP_2.abilities[engine] }
    const profile = { ...facts, ...functions }
    return { ...facts, engine, isDefault: true, missing: null, profile }
  })
}

type Test = {
  testdir(files?: Record<string, string>): string
  teardown(end: () => Promise<void>): void
}
let attempts = 0

export type Started = Readonly<{
  launching: Launching
  attempt: AttemptRef & { identity: ProcessIdentity }
  directory: string
}>

/** Starts a program as an attempt; when the test ends, so do all its processes. */
export async function startAttempt(
  t: Test,
  argv: readonly string[],
  config = CONFIG
): Promise<Started> {
  const launching = await fixtureLaunching(lastingDirectory(t), argv)
  const attemptId = `attempt-${process.pid}-${++attempts}`
  const prepared = await launching.prepare(requestFor(attemptId, { config: Buffer.from(config) }))
  const identity = await launching.start(prepared)
  const attempt = { attemptId, identity, directory: prepared.directory }
  endAfter(t, launching, attempt)
  return { launching, attempt, directory: prepared.directory }
}

export function endAfter(t: Test, launching: Launching, attempt: AttemptRef): void {
  t.teardown(() => launching.end(attempt, { graceMs: 0, signal: AbortSignal.timeout(20_000) }))
}

/** All events up to the end. */
export async function eventsOf(
  { launching, attempt }: Readonly<{ launching: Launching; attempt: AttemptRef }>,
  timeoutMs = 20_000
) {
  const events: LaunchEvent[] = []
  for await (const event of launching.watch(attempt, AbortSignal.timeout(timeoutMs))) {
    events.push(event)
  }
  return events
}
