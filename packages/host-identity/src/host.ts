import { readFileSync } from 'node:fs'
import { uptime } from 'node:os'
import { readBootId, readPidNamespace } from './boot-id.ts'
import { ifItIsThere } from './proc-file.ts'
import { identityOf, type ProcessIdentity } from './process-identity.ts'

/** Where a process runs, as others can tell it: also "the same machine, started again". */
export type Host = Readonly<{
  /** Processes of one id see each other's processes. */
  id: string
  /** Empty where a machine has none, as in many containers. Clones of a machine may share it. */
  machineId: string
  bootId: string
  pidNamespace: string
  /** Seconds since the machine was started. */
  uptimeSeconds: number
  /** This very process. */
  process: ProcessIdentity
}>

/** See machine-id(5). */
const MACHINE_ID_FILES = ['/etc/machine-id', '/var/lib/dbus/machine-id']

/** Linux only: throws elsewhere. Without a given id it is made of machine, boot and PID namespace. */
export function readHost(givenId?: string): Host {
  const machineId = readMachineId()
  const bootId = readBootId()
  const pidNamespace = readPidNamespace()
  const self = identityOf(process.pid)
  if (!self) throw new Error('/proc does not show this process')
  const id = givenId ?? [machineId || 'unnamed', bootId, pidNamespace].join('.')
  return { id, machineId, bootId, pidNamespace, uptimeSeconds: uptime(), process: self }
}

/** Empty when there is none. */
export function readMachineId(files: readonly string[] = MACHINE_ID_FILES): string {
  for (const file of files) {
    const text = ifItIsThere(() => readFileSync(file, 'latin1').trim())
    if (text && /^[0-9a-f]{32}$/.test(text)) return text
  }
  return ''
}
