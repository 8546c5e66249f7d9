import { createHash } from 'node:crypto'
import { mkdir, realpath, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { readBootId } from '@scheduler-task/host-identity/boot-id'
import { findFatalError, findLauncherFailure } from '../domain/launcher-failure.ts'
import {
  type Abilities,
  type AttemptRef,
  type LauncherFailure,
  type Launching,
  type LaunchRequest,
  NotStarted,
  type Program,
  settingsOf
} from '../domain/launching.ts'
import { maskSecrets } from '../domain/secret-masking.ts'
import { type LauncherProfile, PLAIN_PATH } from '../launchers/launcher-profile.ts'
import type { HostedProfile } from '../launchers/launcher-profiles.ts'
import {
  attemptDirectory,
  attemptPath,
  checkAttemptId,
  exists,
  makeAttemptDirectory,
  writeDurably
} from './attempt-directory.ts'
import { attemptSecrets, SETTINGS_FILE } from './attempt-secrets.ts'
import { endAttempt } from './end-attempt.ts'
import { readFence, voidAttempt } from './launch-fence.ts'
import type { LauncherHost } from './launcher-host.ts'
import { MAX_LINE_CHARACTERS, readEnds, readTail } from './launcher-output.ts'
import { copyProgram } from './program-files.ts'
import { runAttempt } from './run-attempt.ts'
import { exitOfAttempt, type Watched, watchAttempt } from './watch-attempt.ts'

/** Failures stand at either end of the output: a launcher's first words, and its last. */
const SEARCHED_BYTES = 256 * 1024
const REMEMBERED = 10_000

type Options = Readonly<{
  /** Where each attempt gets a directory; made if missing. Its real path is made of `[A-Za-z0-9_./-]`. */
  root: string
  host: LauncherHost
  profiles: readonly HostedProfile[]
  /** What every launcher gets; the secrets in it are masked in what they print. */
  environment?: Readonly<Record<string, string>>
}>

/**
 * Launchers as processes of this host, each in a directory of its own that says everything about it.
 * @throws Error when the scripts could not be given a path below it.
 */
export async function createProcessLaunching(options: Options): Promise<Launching> {
  const { host, profiles, environment = {} } = options
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
  /** What the launcher reads is named after the submission; `config` finds it again by the attempt alone. */
  function copyPath(request: LaunchRequest, { abilities }: LauncherProfile): string {
    const { attemptId, submissionId, program } = request
    if (!/^[A-Za-z0-9_-]{1,100}$/.test(submissionId)) throw new TypeError('not a submission id')
    const directory = attemptDirectory(attemptPath(root, attemptId))
    if (program) return join(directory.program, `${submissionId}.jar`)
    return join(directory.path, `${submissionId}${extensionOf(request, abilities)}`)
  }
  const secretsOf = (attempt: AttemptRef) => attemptSecrets(watched(attempt).directory, environment)

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

  function profileFor({ profile: name, engine }: LaunchRequest): LauncherProfile | string {
    const hosted = profiles.find((one) => one.name === name && one.engine === engine)
    if (!hosted) return `the profile ${name} cannot launch ${engine} jobs`
    if (hosted.profile) return hosted.profile
    const { variable = '', problem = '' } = hosted.missing ?? {}
    return `the profile ${name} is not configured here: ${variable}: ${problem}`
  }

  return {
    profiles: () => profiles,

    check: (request) => {
      const profile = profileFor(request)
      if (typeof profile !== 'string') return profile.check(request)
      const code = 'PROFILE_NOT_CONFIGURED'
      return [{ severity: 'error', code, path: 'profile', message: profile }]
    },

    async preview(request) {
      const profile = profileFor(request)
      if (typeof profile === 'string') throw new NotStarted(profile)
      const command = await profile.command(request, copyPath(request, profile))
      return { argv: command.argv, environment: command.environment }
    },

    async prepare(request) {
      const profile = profileFor(request)
      if (typeof profile === 'string') throw new NotStarted(profile)
      const directory = attemptDirectory(attemptPath(root, request.attemptId))
      const configPath = copyPath(request, profile)
      const rendered = request.program ? undefined : profile.render(request)
      const command = await profile.command(request, configPath)
      await makeAttemptDirectory(directory)
      await Promise.all([
        writeDurably(join(directory.path, 'config'), request.config),
        writeDurably(join(directory.path, SETTINGS_FILE), JSON.stringify(settingsOf(request))),
        rendered && writeDurably(configPath, rendered)
      ])
      if (request.program) await takeProgram(request.program, directory.program, configPath)
      return {
        attemptId: request.attemptId,
        profile: profile.name,
        ...command,
        configDigest: request.program?.digest ?? digest(request.config),
        renderedDigest: rendered ? digest(rendered) : (request.program?.digest ?? ''),
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
      if ((await fence()) !== 'free') return
      for (const path of [directory.work, directory.program]) {
        await rm(path, { recursive: true, force: true })
      }
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

/** The parsers take the syntax from it. */
function extensionOf({ configName }: LaunchRequest, { runs, files }: Abilities): string {
  if (runs === 'program') return '.py'
  return configName.endsWith('.json') && files.includes('.json') ? '.json' : '.conf'
}

/** Nothing of it is left when it cannot be taken: it may be large. */
async function takeProgram(program: Program, directory: string, path: string): Promise<void> {
  try {
    await mkdir(directory, { mode: 0o700 })
    await copyProgram(program, path)
  } catch (error) {
    await rm(directory, { recursive: true, force: true })
    throw error
  }
}
