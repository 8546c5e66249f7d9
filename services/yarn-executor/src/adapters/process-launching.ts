import { createHash } from 'node:crypto'
import { mkdir, readFile, realpath, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { readBootId } from '@scheduler-task/host-identity/boot-id'
import { findFatalError, findLauncherFailure } from '../domain/launcher-failure.ts'
import type {
  AttemptRef,
  Engine,
  LauncherFailure,
  Launching,
  LaunchRequest
} from '../domain/launching.ts'
import { maskSecrets, secretsIn } from '../domain/secret-masking.ts'
import { type LauncherProfile, PLAIN_PATH } from '../launchers/launcher-profile.ts'
import {
  attemptDirectory,
  attemptPath,
  checkAttemptId,
  exists,
  makeAttemptDirectory,
  writeDurably
} from './attempt-directory.ts'
import { endAttempt } from './end-attempt.ts'
import { readFence, voidAttempt } from './launch-fence.ts'
import type { LauncherHost } from './launcher-host.ts'
import { MAX_LINE_CHARACTERS, readEnds, readTail } from './launcher-output.ts'
import { runAttempt } from './run-attempt.ts'
import { exitOfAttempt, type Watched, watchAttempt } from './watch-attempt.ts'

/** Failures stand at either end of the output: a launcher's first words, and its last. */
const SEARCHED_BYTES = 256 * 1024
const REMEMBERED = 10_000

type Options = Readonly<{
  /** Where each attempt gets a directory; made if missing. Its real path is made of `[A-Za-z0-9_./-]`. */
  root: string
  host: LauncherHost
  profiles: Readonly<Record<Engine, LauncherProfile>>
}>

/**
 * Launchers as processes of this host, each in a directory of its own that says everything about it.
 * @throws Error when the scripts could not be given a path below it.
 */
export async function createProcessLaunching(options: Options): Promise<Launching> {
  const { host, profiles } = options
  await mkdir(options.root, { recursive: true, mode: 0o700 })
  // /proc shows real paths, and by them the lock's holders are found.
  const root = await realpath(options.root)
  if (!PLAIN_PATH.test(root)) {
    throw new Error(
      `DATA_DIR: ${root} has blanks or shell characters, which the scripts cannot read`
    )
  }

  /** Attempts that nobody is left of, and nobody can be any more. */
  const over = new Set<string>()

  function watched({ attemptId, identity, directory: path }: AttemptRef): Watched {
    checkAttemptId(attemptId)
    const directory = attemptDirectory(path)
    const fence = async () => {
      if (over.has(path)) return 'free'
      // In this order: its shim, which runs once, had begun all that it begins when it was looked for what is left of it.
      const hadEnded = await exists(directory.exitStatus)
      const answer = await readFence({ attemptId, identity, lock: directory.lock }, host.flock)
      if (answer === 'free' && hadEnded) remember(over, path)
      return answer
    }
    return { identity, directory, fence }
  }
  /** The rendered copy is named after the submission; `config` finds it again by the attempt alone. */
  function renderedPath({ attemptId, submissionId }: LaunchRequest): string {
    if (!/^[A-Za-z0-9_-]{1,100}$/.test(submissionId)) throw new TypeError('not a submission id')
    return join(attemptPath(root, attemptId), `${submissionId}.conf`)
  }
  async function secretsOf(attempt: AttemptRef): Promise<readonly string[]> {
    const { directory } = watched(attempt)
    return secretsIn(await readFile(join(directory.path, 'config'), 'utf8').catch(() => ''))
  }

  async function findIn(
    attempt: AttemptRef,
    find: (lines: readonly string[]) => LauncherFailure | undefined
  ): Promise<LauncherFailure | undefined> {
    const { directory } = watched(attempt)
    const texts = await Promise.all([
      readEnds(directory.stdout, SEARCHED_BYTES),
      readEnds(directory.stderr, SEARCHED_BYTES)
    ])
    const lines = texts.flatMap((text) => text.split(/\r?\n/))
    const failure = find(lines.map((line) => line.slice(0, MAX_LINE_CHARACTERS)))
    if (!failure) return undefined
    const secrets = await secretsOf(attempt)
    return {
      code: failure.code,
      sentence: maskSecrets(failure.sentence, secrets),
      lines: failure.lines.map((line) => maskSecrets(line, secrets))
    }
  }

  return {
    check: (request) => profiles[request.engine].check(request),

    async prepare(request) {
      const profile = profiles[request.engine]
      const directory = attemptDirectory(attemptPath(root, request.attemptId))
      const configPath = renderedPath(request)
      const rendered = profile.render(request)
      const command = await profile.command(request, configPath)
      await makeAttemptDirectory(directory)
      await Promise.all([
        writeDurably(join(directory.path, 'config'), request.config),
        writeDurably(configPath, rendered)
      ])
      return {
        attemptId: request.attemptId,
        profile: profile.name,
        ...command,
        configDigest: digest(request.config),
        renderedDigest: digest(rendered),
        directory: directory.path
      }
    },

    start: (prepared) => runAttempt(prepared, attemptDirectory(prepared.directory), host),

    watch: (attempt, signal) => watchAttempt(watched(attempt), signal),

    exitOf: (attempt) => exitOfAttempt(watched(attempt)),

    isOfThisBoot: ({ identity }) => identity === undefined || identity.bootId === readBootId(),

    fence: (attempt) => watched(attempt).fence(),

    void: (attempt) => voidAttempt(watched(attempt).directory, host.flock),

    async end(attempt, limits) {
      const { attemptId, identity } = attempt
      const { directory, fence } = watched(attempt)
      await endAttempt({ attemptId, identity, directory }, limits, fence)
    },

    failureOf: (attempt) => findIn(attempt, findLauncherFailure),

    fatalErrorOf: (attempt) => findIn(attempt, findFatalError),

    async outputTail(attempt, maxBytes) {
      const { directory } = watched(attempt)
      const [stdout, stderr, secrets] = await Promise.all([
        readTail(directory.stdout, maxBytes),
        readTail(directory.stderr, maxBytes),
        secretsOf(attempt)
      ])
      return { stdout: maskSecrets(stdout, secrets), stderr: maskSecrets(stderr, secrets) }
    },

    async clean(attempt) {
      const { directory, fence } = watched(attempt)
      if ((await fence()) === 'free') await rm(directory.work, { recursive: true, force: true })
    }
  }
}

/** The latest ones: the others are looked at once more. */
function remember(attempts: Set<string>, path: string): void {
  attempts.add(path)
  if (attempts.size <= REMEMBERED) return
  for (const oldest of attempts) {
    attempts.delete(oldest)
    return
  }
}

function digest(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}
