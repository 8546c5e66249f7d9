import { spawn } from 'node:child_process'
import { type FileHandle, open, rm, writeFile } from 'node:fs/promises'
import { identityOf } from '@scheduler-task/host-identity/process-identity'
import {
  NotStarted,
  NotStartedForNow,
  type PreparedLaunch,
  type ProcessIdentity
} from '../domain/launching.ts'
import { passingFault } from '../domain/passing-faults.ts'
import { type AttemptDirectory, wasStarted, writeDurably } from './attempt-directory.ts'
import { LOCK_DESCRIPTOR, MARKER } from './attempt-processes.ts'

/**
 * Leads the attempt's session. `$1` its directory, `$2` flock, then the launcher's argv. Descriptor 9 is the lock file.
 * It catches SIGTERM so that it lives to write down how the launcher ended (a caught signal has its default effect
 * again in what it starts). The status is there whole or not at all: written, synced, renamed. POSIX sh.
 */
export const SHIM = `umask 077
trap : HUP INT TERM
directory=$1 flock=$2
shift 2
record() {
  trap '' HUP INT TERM
  printf '%s\\n' "$1" > "$directory/exit-status.tmp" &&
  { sync "$directory/exit-status.tmp" || sync; } &&
  mv "$directory/exit-status.tmp" "$directory/exit-status" &&
  { sync "$directory" || sync; }
} 2> /dev/null
if ! "$flock" --exclusive --timeout 5 ${LOCK_DESCRIPTOR}; then
  record 'not-started the lock file of the attempt could not be locked'
  exit 75
fi
if [ -e "$directory/voided" ]; then
  record 'not-started it was voided before it began'
  exit 75
fi
if ! cd "$directory/work"; then
  record 'not-started the working directory is gone'
  exit 75
fi
"$@"
status=$?
record "$status"
exit "$status"
`

type Programs = Readonly<{ sh: string; flock: string }>

/**
 * Runs the launcher under its shim, detached: own session, no input, output into files, the lock inherited. It outlives
 * this process, whatever ends it.
 * @throws NotStarted when nothing runs, NotStartedForNow when it may be tried again; another Error when it may run: the attempt has been started before (its output
 * is there), or what was started cannot be identified.
 */
export async function runAttempt(
  prepared: PreparedLaunch,
  directory: AttemptDirectory,
  programs: Programs
): Promise<ProcessIdentity> {
  const before = () => new Error(`${prepared.attemptId} was started before`)
  if (await wasStarted(directory)) throw before()
  const identity = await spawnShim(prepared, directory, programs).catch(async (cause: Error) => {
    if (cause instanceof OpenedBefore) throw before()
    const fault = passingFault(cause)
    if (fault !== undefined && (await isUndone(directory))) {
      throw new NotStartedForNow(`the launcher cannot be started: ${fault}`, { cause })
    }
    const reason = cause.message.replaceAll('\n', ' ')
    await writeDurably(directory.exitStatus, `not-started ${reason}\n`).catch(() => {})
    throw new NotStarted(`the launcher could not be started: ${reason}`, { cause })
  })
  if (!identity) throw new Error(`which process ${prepared.attemptId} is cannot be read`)
  return identity
}

/** The attempt, of which nothing runs, counts as not started again. */
async function isUndone(directory: AttemptDirectory): Promise<boolean> {
  try {
    await rm(directory.stdout, { force: true })
    return true
  } catch {
    return false
  }
}

/** Somebody else starts it at this very moment. */
class OpenedBefore extends Error {
  override readonly name = 'OpenedBefore'
}

/** Undefined: it was spawned, but who it is cannot be read. Rejects only when nothing runs. */
async function spawnShim(
  { attemptId, argv, environment }: PreparedLaunch,
  directory: AttemptDirectory,
  { sh, flock }: Programs
): Promise<ProcessIdentity | undefined> {
  const opened: FileHandle[] = []
  const openFile = async (path: string, flags = 'a') => {
    const file = await open(path, flags, 0o600)
    opened.push(file)
    return file.fd
  }
  try {
    // From here on the attempt counts as started, whoever else tries.
    const stdout = await openFile(directory.stdout, 'ax').catch((error: NodeJS.ErrnoException) => {
      throw error.code === 'EEXIST' ? new OpenedBefore() : error
    })
    const stderr = await openFile(directory.stderr)
    const lock = await openFile(directory.lock)
    // Read now or never: it need not outlive a power cut.
    await writeFile(directory.shim, SHIM, { mode: 0o600 })
    const between = Array<'ignore'>(LOCK_DESCRIPTOR - 3).fill('ignore')
    const child = spawn(sh, [directory.shim, directory.path, flock, ...argv], {
      detached: true,
      cwd: directory.path,
      env: { ...environment, [MARKER]: attemptId },
      stdio: ['ignore', stdout, stderr, ...between, lock]
    })
    const failure = new Promise<Error>((resolve) => child.once('error', resolve))
    child.unref()
    if (child.pid === undefined) throw await failure
    // At once: even a process that has ended is still a zombie now, since nothing has reaped it yet.
    return identityIfReadable(child.pid)
  } finally {
    await Promise.allSettled(opened.map((file) => file.close()))
  }
}

/** It runs, also when there is no descriptor left to read who it is. */
function identityIfReadable(pid: number): ProcessIdentity | undefined {
  try {
    return identityOf(pid)
  } catch {
    return undefined
  }
}
