import { setTimeout as pause } from 'node:timers/promises'
import { signalProcess } from '@scheduler-task/host-identity/process-identity'
import type { Fence, ProcessIdentity } from '../domain/launching.ts'
import { findAttemptProcesses } from './attempt-processes.ts'

const LOOK_EVERY_MS = 100
/** What the shim may take, alone, to write down how the launcher ended. */
const SHIM_GRACE_MS = 2000

type Whose = Readonly<{ attemptId: string; identity: ProcessIdentity | undefined; lock: string }>
type Limits = Readonly<{ graceMs: number; signal: AbortSignal }>

/**
 * Ends every process of an attempt: SIGTERM once to each, also to those that appear later; after `graceMs` SIGKILL.
 * The leader is left alone as long as there are others: it ends by itself, and writes the exit status. Resolves once
 * the fence is free. Only processes that are proven to be the attempt's get a signal.
 * @throws the signal's reason, when it is aborted.
 */
export async function endAttempt(
  attempt: Whose,
  { graceMs, signal }: Limits,
  fence: () => Promise<Fence>
): Promise<void> {
  const asked = new Set<string>()
  const killAt = performance.now() + graceMs
  let aloneSince: number | undefined
  while (true) {
    signal.throwIfAborted()
    const processes = await findAttemptProcesses(attempt)
    if (processes.length === 0 && (await fence()) === 'free') return
    const others = processes.filter(({ pid }) => pid !== attempt.identity?.pid)
    const now = performance.now()
    if (others.length > 0) aloneSince = undefined
    else aloneSince ??= now
    for (const process of others) {
      const key = `${process.pid} ${process.startTime}`
      if (now >= killAt) signalProcess(process, 'SIGKILL')
      else if (!asked.has(key)) signalProcess(process, 'SIGTERM')
      asked.add(key)
    }
    if (aloneSince !== undefined && now > aloneSince + SHIM_GRACE_MS) {
      for (const process of processes) signalProcess(process, 'SIGKILL')
    }
    await pause(LOOK_EVERY_MS, undefined, { signal }).catch(() => {})
  }
}
