import { readdir, readFile } from 'node:fs/promises'
import { runVariable } from './hadoop-configuration.ts'
import { identify, signal } from './process-identity.ts'

/**
 * Processes that carry the text in their arguments or environment, containers aside: what a launcher
 * has left on this host. `pid arguments` each.
 */
export async function launcherProcessesWith(text: string): Promise<string[]> {
  return await processesWhere(
    (command, environment) =>
      !environment.includes(`${runVariable}=`) && `${command}\0${environment}`.includes(text)
  )
}

/** Ends with SIGKILL what {@link launcherProcessesWith} finds. */
export async function killLauncherProcessesWith(text: string): Promise<void> {
  for (const found of await launcherProcessesWith(text)) {
    const identity = await identify(Number.parseInt(found, 10))
    if (identity) await signal(identity, 'SIGKILL')
  }
}

/** What Azkaban has started for one execution and what that has left behind, `pid arguments` each. */
export async function jobProcessesOf(execId: number): Promise<string[]> {
  const own = new RegExp(`\\0JOB_PROP_FILE=[^\\0]*/executions/${execId}/`)
  return await processesWhere(
    (_, environment) => environment.includes(`${runVariable}=`) && own.test(`\0${environment}`)
  )
}

async function processesWhere(
  fits: (command: string, environment: string) => boolean
): Promise<string[]> {
  const found: string[] = []
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid)) continue
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
    const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '')
    if (fits(command, environment)) found.push(`${pid} ${command.replaceAll('\0', ' ')}`)
  }
  return found
}
