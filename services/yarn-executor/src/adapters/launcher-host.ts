import { execFile } from 'node:child_process'
import { constants } from 'node:fs'
import { access, readFile, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const PROGRAM_TIMEOUT_MS = 10_000
const SYSTEM_PATH = '/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin'

/** What launching needs of the host. */
export type LauncherHost = Readonly<{
  sh: string
  bash: string
  flock: string
  /** A locale with UTF-8 that is installed. */
  locale: string
}>

type Where = Readonly<{
  platform?: string
  /** Directories in which programs are looked for. */
  path?: string
}>

/**
 * Looks whether launchers can be run here.
 * @throws Error that says what is missing and what to do.
 */
export async function inspectHost({
  platform = process.platform,
  path = SYSTEM_PATH
}: Where = {}): Promise<LauncherHost> {
  if (platform !== 'linux') {
    throw new Error(`launchers are run on Linux only (flock, /proc); this is ${platform}`)
  }
  const [sh, bash, flock] = await Promise.all([
    findProgram('sh', path, 'install a POSIX shell'),
    findProgram('bash', path, 'the start scripts need it'),
    findProgram('flock', path, 'install util-linux')
  ])
  await readFile('/proc/sys/kernel/random/boot_id').catch((cause) => {
    throw new Error('/proc is not mounted; processes of a launcher could not be found', { cause })
  })
  const { stdout } = await run(flock, ['--version']).catch(() => ({ stdout: '' }))
  if (!stdout.includes('util-linux')) {
    throw new Error(`${flock} is not the one of util-linux; install util-linux`)
  }
  return { sh, bash, flock, locale: await findLocale(path) }
}

async function findProgram(name: string, path: string, remedy: string): Promise<string> {
  for (const directory of path.split(':')) {
    if (!directory.startsWith('/')) continue
    const program = join(directory, name)
    const usable = await access(program, constants.X_OK).then(
      () => true,
      () => false
    )
    // bash behaves as sh when it is called by that name, so sh keeps its own.
    if (usable) return name === 'sh' ? program : await realpath(program)
  }
  throw new Error(`there is no ${name} in ${path}: ${remedy}`)
}

/** C.UTF-8 where it exists (not on old RHEL), else one that the host has. */
async function findLocale(path: string): Promise<string> {
  const listed = await findProgram('locale', path, '')
    .then(async (program) => (await run(program, ['-a'])).stdout.split('\n'))
    .catch(() => [])
  const wanted = [/^C\.utf-?8$/i, /^en_US\.utf-?8$/i, /\.utf-?8$/i]
  for (const pattern of wanted) {
    const found = listed.find((name) => pattern.test(name))
    if (found) return found.replace(/\.utf-?8$/i, '.UTF-8')
  }
  return 'C.UTF-8'
}

async function run(program: string, args: readonly string[]): Promise<{ stdout: string }> {
  return await promisify(execFile)(program, args, { timeout: PROGRAM_TIMEOUT_MS, env: {} })
}
