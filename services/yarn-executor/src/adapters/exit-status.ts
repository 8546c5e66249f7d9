import { readFile } from 'node:fs/promises'
import { constants } from 'node:os'
import type { LauncherExit } from '../domain/launching.ts'

/** A shell's status for a process that a signal ended: 128 + the signal's number. */
const SIGNAL_BASE = 128
const SIGNALS = new Map(
  Object.entries(constants.signals).map(([name, number]) => [number, name] as const)
)

/** What the shim wrote when the launcher had ended; undefined while there is nothing. */
export async function readExitStatus(path: string): Promise<LauncherExit | undefined> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  return text === undefined ? undefined : parseExitStatus(text)
}

/** `0`, `143`, or `not-started <reason>`. */
export function parseExitStatus(text: string): LauncherExit {
  const [, reason] = /^not-started (.+)$/m.exec(text) ?? []
  if (reason) return { kind: 'not-started', reason }
  const [, digits] = /^(\d{1,3})\n$/.exec(text) ?? []
  if (!digits) return { kind: 'unknown', reason: 'the exit status is not readable' }
  const status = Number(digits)
  const signal = SIGNALS.get(status - SIGNAL_BASE)
  return signal ? { kind: 'signalled', signal } : { kind: 'exited', code: status }
}
