import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { lastingDirectory } from '@scheduler-task/test-support/lasting-directory'
import type { Test } from 'tap'
import { type SandboxCluster, writeSandboxCluster } from '../../../src/launchers/sandbox-cluster.ts'
import { type SandboxYarn, startYarn } from '../../../src/yarn/yarn.ts'
import { type Running, runLauncher } from './run-launcher.ts'

/** A stand-in YARN and stand-in launchers for it, in a directory of the test. */
export type Sandbox = {
  dir: string
  yarn: SandboxYarn
  cluster: SandboxCluster
  /** Writes a config file and returns its path. */
  config(name: string, text: string): string
  /** Runs a command as the executor would: its own environment, a working directory of its own. */
  run(argv: string[], env?: Record<string, string | undefined>): Running
  /** State and final status that the ResourceManager shows. */
  stateOf(id: string): string
}

export async function startSandbox(
  t: Test,
  options: { sparkVersion?: string; flinkVersion?: string; selfContained?: boolean } = {}
): Promise<Sandbox> {
  const dir = lastingDirectory(t, {})
  const yarn = await startYarn({ timing: { acceptMs: 20, registerMs: 200 } })
  t.teardown(() => yarn.close())
  const cluster = await writeSandboxCluster(dir, { resourceManagerUrl: yarn.url, ...options })
  const cwd = join(dir, 'cwd')
  mkdirSync(cwd)
  return {
    dir,
    yarn,
    cluster,
    config(name, text) {
      const path = join(dir, name)
      writeFileSync(path, text)
      return path
    },
    run: (argv, env = {}) =>
      runLauncher(t, argv, {
        cwd,
        env: {
          PATH: process.env.PATH,
          HOME: dir,
          LANG: 'C.UTF-8',
          HADOOP_USER_NAME: 'alice',
          ...cluster.environment,
          ...env
        }
      }),
    stateOf(id) {
      const application = yarn.applications.find((one) => one.id === id)
      return application === undefined
        ? 'unknown'
        : `${application.state}/${application.finalStatus}`
    }
  }
}

/** What the ResourceManager shows of an application. */
export async function reportOf(sandbox: Sandbox, id: string): Promise<Record<string, unknown>> {
  const response = await fetch(`${sandbox.yarn.url}/ws/v1/cluster/apps/${id}`)
  const body = (await response.json()) as { app: Record<string, unknown> }
  return body.app
}

export async function killApplication(sandbox: Sandbox, id: string): Promise<void> {
  await fetch(`${sandbox.yarn.url}/ws/v1/cluster/apps/${id}/state?user.name=alice`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: '{"state":"KILLED"}'
  })
}

export const SPARK_STREAM = `env {
  spark.app.name = "stream-job"
}
source { FakeStream { content = ["a", "b"] } }
transform { }
sink { Console { } }
`
export const SPARK_BATCH = `env {
  spark.app.name = "batch-job"
  sandbox.run.ms = 100
}
source { Fake { result_table_name = "t1" } }
transform { }
sink { Console { } }
`
