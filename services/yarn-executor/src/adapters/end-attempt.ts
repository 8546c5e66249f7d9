import { setTimeout as pause } from 'node:timers/promises'
import { type ProcessStat, signalProcess } from '@scheduler-task/host-identity/process-identity'
import type { Fence, ProcessIdentity } from '../domain/launching.ts'
import { type AttemptDirectory, exists } from './attempt-directory.ts'
import { findAttemptProcesses } from './attempt-processes.ts'

const LOOK_EVERY_MS = 100
/** What the shim may take, alone, to write down how the launcher ended: a disk may be busy. */
const SHIM_GRACE_MS = 10_000

type Whose = Readonly<{
  attemptId: string
  identity: ProcessIdentity | undefined
  directory: AttemptDirectory
}>
type Limits = Readonly<{ graceMs: number; signal: AbortSignal }>

/**
 * Ends every process of an attempt: SIGTERM once to each program of each, also to those that appear later (what was
 * caught between a fork and its exec is lost with the handler); after `graceMs` SIGKILL.
 * The shim, and what it starts to write down the exit status, are left alone as long as there are others, and get their
 * time then: they end by themselves. Resolves once the fence is free. Only processes that are proven to be the
 * attempt's get a signal.
 * @throws the signal's reason, when it is aborted.
 */
export async function endAttempt(
  { attemptId, identity, directory }: Whose,
  { graceMs, signal }: Limits,
  fence: () => Promise<Fence>
): Promise<void> {
  const attempt = { attemptId, identity, lock: directory.lock }
  const asked = new Set<string>()
  const killAt = performance.now() + graceMs
  let aloneSince: number | undefined
  while (true) {
    signal.throwIfAborted()
    const processes = await findAttemptProcesses(attempt)
    if (processes.length === 0 && (await fence()) === 'free') return
    // In this order: what the shim had started by then to write the status, it had started after the draft.
    const isWriting =
      (await exists(directory.exitStatusDraft)) || (await exists(directory.exitStatus))
    const isShim = ({ pid, parent }: ProcessStat) =>
      pid === identity?.pid || (isWriting && parent === identity?.pid)
    const others = processes.filter((one) => !isShim(one))
    const now = performance.now()
    if (others.length > 0) aloneSince = undefined
    else aloneSince ??= now
    for (const process of others) {
      const key = `${process.pid} ${process.startTime} ${process.stackStart}`
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
