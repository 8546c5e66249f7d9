import { readdir, readFile } from 'node:fs/promises'
import { runVariable } from './hadoop-configuration.ts'

/**
 * Processes that carry the text in their arguments or environment, containers aside: what a launcher
 * has left on this host. `pid arguments` each.
 */
export async function launcherProcessesWith(text: string): Promise<string[]> {
  const found: string[] = []
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid)) continue
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
    const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '')
    if (environment.includes(`${runVariable}=`)) continue
    if (!`${command}\0${environment}`.includes(text)) continue
    found.push(`${pid} ${command.replaceAll('\0', ' ')}`)
  }
  return found
}
