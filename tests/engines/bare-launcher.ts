import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { lastingDirectory } from '@scheduler-task/test-support/lasting-directory'
import type { Test } from 'tap'

export type BareLaunch = Readonly<{
  engine: string
  deployMode: string | undefined
  config: string
  name: string
}>

/**
 * The same launch without the product: the launcher script alone, as somebody would call it by hand.
 * Answers the application's id and the seconds until the launcher has printed that it is submitted.
 * What is left of the launcher is killed with the test.
 */
export async function launchBare(
  t: Test,
  environment: Record<string, string>,
  launch: BareLaunch
): Promise<{ id: string; seconds: number }> {
  const began = performance.now()
  const child = spawn('bash', argumentsOf(environment, launch), {
    cwd: lastingDirectory(t),
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      LC_ALL: 'C.UTF-8',
      ...environment,
      HADOOP_USER_NAME: environment.YARN_USER,
      SPARK_LOCAL_IP: '127.0.0.1',
      SPARK_LOCAL_HOSTNAME: 'localhost',
      SPARK_SUBMIT_OPTS: '-Dspark.yarn.submit.waitAppCompletion=false'
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true
  })
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  t.teardown(async () => {
    try {
      process.kill(-Number(child.pid), 'SIGKILL')
    } catch {
      // It has ended by itself.
    }
    await ended
  })
  let output = ''
  const id = await new Promise<string>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output = (output + text).slice(-100_000)
        const found = /Submitted application (application_\d+_\d+)/.exec(output)?.[1]
        if (found) resolve(found)
      })
    }
    child.once('error', reject)
    child.once('close', () => reject(new Error(`The launcher submitted nothing:\n${output}`)))
  })
  return { id, seconds: (performance.now() - began) / 1000 }
}

function argumentsOf(environment: Record<string, string>, launch: BareLaunch): string[] {
  const script = (name: string) => join(String(environment.WATERDROP_HOME), 'bin', name)
  const config = ['--config', launch.config]
  if (launch.engine === 'flink') {
    const named = ['-m', 'yarn-cluster', '-ynm', launch.name, '-d']
    return [script('start-waterdrop-flink.sh'), ...named, ...config]
  }
  const mode = ['--master', 'yarn', '--deploy-mode', launch.deployMode ?? 'client']
  return [script('start-waterdrop-spark.sh'), ...mode, ...config]
}
